import { readFile } from 'node:fs/promises'
import { runCommandLine } from './command-line.ts'
import { commands } from './commands/index.ts'
import type { Surroundings } from './surroundings.ts'

/** Follows this process's own command line and sets its exit code. */
export async function runProcess(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  process.exitCode = await runCommandLine(process.argv.slice(2), commands, await ownSurroundings())
}

/** `spikelet neuron clif | head` closes the pipe early: no reason to complain. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit()
}

async function ownSurroundings(): Promise<Surroundings> {
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  return {
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    env: process.env,
    terminal: { interactive: Boolean(process.stderr.isTTY), columns: () => process.stderr.columns ?? 80 },
    clock: () => Date.now() / 1000,
    onInterrupt(listener) {
      process.on('SIGINT', listener)
      process.on('SIGTERM', listener)
      return () => {
        process.off('SIGINT', listener)
        process.off('SIGTERM', listener)
      }
    },
    version: manifest.version,
  }
}
