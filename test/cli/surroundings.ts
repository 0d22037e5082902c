import type { Surroundings } from '../../src/cli/surroundings.ts'

/** Surroundings that keep what is written, with a clock of their own. */
export function testSurroundings(changes: Partial<Surroundings> = {}) {
  const written = { output: '', errors: '' }
  const exits: number[] = []
  const listeners = new Set<() => void>()
  let seconds = 1e9
  const surroundings: Surroundings = {
    write(text) {
      written.output += text
    },
    writeError(text) {
      written.errors += text
    },
    env: {},
    terminal: { interactive: false, columns: () => 80 },
    clock: () => (seconds += 0.01),
    onInterrupt(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onExit: () => {},
    exit: (code) => void exits.push(code),
    version: '1.2.3',
    ...changes,
  }
  return {
    surroundings,
    output: () => written.output,
    errors: () => written.errors,
    /** Codes with which the process would have ended at once. */
    exits,
    interrupt: () => {
      for (const listener of listeners) listener()
    },
  }
}
