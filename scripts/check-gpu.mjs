// The tests that need a GPU: npm run check:gpu [-- --own] [VITEST ARGUMENTS]. Without --own on SwiftShader, in software.
// Exits 3 where there is no GPU of either kind. Needs the build.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { gpuEnvironment } from './gpu-environment.mjs'

const words = process.argv.slice(2)
const own = words[0] === '--own'
const { env, reason } = gpuEnvironment({ own })
if (env) {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'gpu', ...words.slice(own ? 1 : 0)], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  child.on('close', (code) => {
    process.exitCode = code ?? 1
  })
} else {
  console.error(`GPU tests were not run: ${reason}`)
  process.exitCode = 3
}
