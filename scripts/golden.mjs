// Compares the interpreter, and beside it a fast backend, with reference files made by PyTorch:
//   npm run --silent golden -- [--backend wasm|webgpu] FILE...
// One line a file; exits 1 where a deviation is out of tolerance, 2 where a file cannot be read. Needs the build.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { checkGolden } from '../dist/checks/golden/index.js'
import { readSafetensors } from '../dist/interop/index.js'
import { defaultBackend } from '../dist/node.js'

const words = process.argv.slice(2)
const backend = words[0] === '--backend' ? words.splice(0, 2)[1] : 'wasm'
const files = words
if (files.length === 0 || !['wasm', 'webgpu'].includes(backend)) {
  console.error('usage: npm run --silent golden -- [--backend wasm|webgpu] FILE.safetensors...')
  process.exit(2)
}
let worst = 0
for (const file of files) {
  try {
    const result = await checkGolden(basename(file), readSafetensors(new Uint8Array(readFileSync(file)), file), () =>
      defaultBackend({ backend, threads: 1 }),
    )
    console.log(result.line)
    if (!result.ok) worst = Math.max(worst, 1)
  } catch (error) {
    console.error(`${basename(file)}: ${error instanceof Error ? error.message : error}`)
    worst = 2
  }
}
process.exitCode = worst
