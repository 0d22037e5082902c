import { readFile } from 'node:fs/promises'
import { runCommandLine } from './command-line.ts'
import { commands } from './commands/index.ts'
import { startedWithNohup, systemFacts } from './nohup.ts'
import { type Outputs, outputsTo } from './outputs.ts'
import { endAtSecondInterrupt } from './second-interrupt.ts'
import { exitCodes, type Surroundings } from './surroundings.ts'

/** What a shell takes for "ended by SIGHUP". */
const hungUp = 129

/** Follows this process's own command line and sets its exit code. */
export async function runProcess(): Promise<void> {
  const outputs = outputsTo(process.stdout, process.stderr)
  const heard = new Set<NodeJS.Signals>()
  const nohup = startedWithNohup(systemFacts, process.env)
  if (nohup) process.on('SIGHUP', () => {})
  const surroundings = await ownSurroundings(outputs, nohup ? stops.filter((one) => one !== 'SIGHUP') : stops, heard)
  const code = await runCommandLine(process.argv.slice(2), commands, surroundings)
  process.exitCode = code === exitCodes.interrupted && heard.has('SIGHUP') ? hungUp : code
  // A write that fails says so in the next turn.
  await new Promise((resolve) => setImmediate(resolve))
  const lost = outputs.lost()
  if (lost === undefined || code !== exitCodes.done) return
  process.exitCode = exitCodes.failed
  for (const write of [outputs.writeError, outputs.write]) {
    write(`error: not all could be written to ${lost}. What was to be saved is saved.\n`)
  }
}

/** Each asks a run to save and stop. */
const stops: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

async function ownSurroundings(
  { write, writeError }: Outputs,
  signals: readonly NodeJS.Signals[],
  heard: Set<NodeJS.Signals>,
): Promise<Surroundings> {
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  return {
    write,
    writeError,
    env: process.env,
    terminal: { interactive: Boolean(process.stderr.isTTY), columns: () => process.stderr.columns ?? 80 },
    clock: () => Date.now() / 1000,
    onInterrupt(listener, { computing = false } = {}) {
      const hear = (signal: NodeJS.Signals) => {
        heard.add(signal)
        listener()
      }
      for (const signal of signals) process.on(signal, hear)
      const watched = computing && process.stdin.isTTY && process.platform !== 'win32'
      const sendAway = watched ? endAtSecondInterrupt() : () => {}
      return () => {
        for (const signal of signals) process.off(signal, hear)
        sendAway()
      }
    },
    onExit: (listener) => void process.once('exit', listener),
    exit: (code) => process.exit(code),
    version: manifest.version,
  }
}
