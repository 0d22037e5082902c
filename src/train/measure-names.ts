import type { Measure } from '../losses/index.ts'
import type { RunLine } from './run-store.ts'

/** A record as files have it: of a regression `testR2` and so on, where a program has `testAccuracy`. */
export function outwardNames<Line extends RunLine>(line: Line, measure: Measure): RunLine {
  return measure === 'R2' ? renamed(line, (name) => name.replace(/Accuracy$/, 'R2').replace(/^accuracy$/, 'r2')) : line
}

/** A record of a file as programs have it. */
export function inwardNames(line: RunLine): RunLine {
  return renamed(line, (name) => name.replace(/R2$/, 'Accuracy').replace(/^r2$/, 'accuracy'))
}

function renamed(line: RunLine, rename: (name: string) => string): RunLine {
  return Object.fromEntries(Object.entries(line).map(([name, value]) => [rename(name), value]))
}
