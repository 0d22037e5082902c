import { spawn } from 'node:child_process'

/** Builds and runs the fast tests again whenever a source changes. Ctrl-C ends both. */
const started = [
  ['tsc', '-b', 'tsconfig.build.json', '-w', '--preserveWatchOutput'],
  ['vitest', '--project', 'fast'],
].map(([tool, ...options]) =>
  spawn('npx', [tool, ...options], { stdio: 'inherit', shell: process.platform === 'win32' }),
)
for (const child of started)
  child.on('exit', (code) => {
    for (const other of started) other.kill()
    process.exitCode = code ?? 1
  })
