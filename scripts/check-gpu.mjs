// The tests that need a GPU: npm run check:gpu [-- --own] [VITEST ARGUMENTS]. Without --own on SwiftShader, in software.
// Exits 3 where there is no GPU of either kind. Needs the build.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { gpuEnvironment, halfDriver } from './gpu-environment.mjs'

const words = process.argv.slice(2)
const own = words[0] === '--own'
const { env, reason } = gpuEnvironment({ own })
if (env) {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  // The machine's own GPU has float16 or has not; in software another driver than SwiftShader has it.
  const half = own ? { driver: null, reason: null } : halfDriver()
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'gpu', ...words.slice(own ? 1 : 0)], {
    stdio: 'inherit',
    env: { ...process.env, ...env, ...(half.driver ? { HALF_DRIVER_FILES: half.driver } : {}) },
  })
  child.on('close', (code) => {
    if (half.reason) console.error(`Mixed precision was not computed: ${half.reason}`)
    process.exitCode = code ?? 1
  })
} else {
  console.error(`GPU tests were not run: ${reason}`)
  process.exitCode = 3
}
