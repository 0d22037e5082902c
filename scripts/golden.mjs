// Compares both backends with reference files made by PyTorch: npm run --silent golden -- FILE...
// One line a file; exits 1 where a deviation is out of tolerance, 2 where a file cannot be read. Needs the build.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createWasm } from '../dist/backends/wasm/index.js'
import { checkGolden } from '../dist/experiments/golden/index.js'
import { readSafetensors } from '../dist/interop/index.js'

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('usage: npm run --silent golden -- FILE.safetensors...')
  process.exit(2)
}
let worst = 0
for (const file of files) {
  try {
    const result = await checkGolden(
      basename(file),
      readSafetensors(new Uint8Array(readFileSync(file)), file),
      createWasm,
    )
    console.log(result.line)
    if (!result.ok) worst = Math.max(worst, 1)
  } catch (error) {
    console.error(`${basename(file)}: ${error instanceof Error ? error.message : error}`)
    worst = 2
  }
}
process.exitCode = worst
