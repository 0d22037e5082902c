import { UsageError } from '../base/index.ts'
import type { LearnableParameter, Neuron, NeuronOptions } from '../equations/index.ts'

type Factory = (options?: NeuronOptions) => Neuron

/** What every neuron means by itself, as a table in Markdown, made from the definitions alone. */
export function neuronTable(neurons: { readonly [name: string]: Factory }): string {
  const head = [
    'neuron',
    'fires where',
    'reset',
    'input',
    'states',
    'learned (per ..., start at T = 4)',
    'derivative of a spike',
  ]
  const rows = Object.entries(neurons).map(([name, make]) => rowOf(name, make))
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

function rowOf(name: string, make: Factory): string[] {
  const neuron = make()
  const { program } = neuron
  return [
    `\`${name}\``,
    firesAt(neuron),
    accepts(make, { reset: 'hard' }) ? 'soft; or hard, none, detached' : (fixedReset(neuron) ?? 'none'),
    inputOf(neuron, accepts(make, { decayInput: true })),
    program.states.map(({ name: state }) => `\`${state}\``).join(', ') || 'none',
    program.parameters.map((own) => `\`${own.name}\` (${own.scope}, ${startOf(own)})`).join(', ') || 'nothing',
    spikes(neuron) ? `${neuron.surrogate?.name}, alpha ${neuron.surrogate?.alpha}` : 'none',
  ]
}

const spikes = ({ program }: Neuron) => program.instructions.some(({ op }) => op === 'spike')

/** `spike(v)` is 1 where v >= 0; v as the equations write it. */
function firesAt({ equations, program }: Neuron): string {
  const start = equations.indexOf('spike(')
  if (program.levels > 1) return `up to ${program.levels} times a step: \`${/^s = (.*)$/m.exec(equations)?.[1]}\``
  if (start < 0) return 'never: its output is a number'
  let depth = 1
  let end = start + 6
  for (; depth > 0; end++) depth += equations[end] === '(' ? 1 : equations[end] === ')' ? -1 : 0
  return `\`${equations.slice(start + 6, end - 1)} >= 0\``
}

/** The reset that a neuron writes itself: lines behind the spike, or terms with the previous one. */
function fixedReset({ equations, program }: Neuron): string | undefined {
  const lines = equations.split('\n')
  const names = lines.flatMap((line) => /^(\w+) = .*spike\(/.exec(line)?.[1] ?? [])
  const fired = lines.findLastIndex((line) => /spike\(/.test(line))
  const reads = new RegExp(`= .*\\b(${names.join('|')})\\b`)
  const after = lines.slice(fired + 1).filter((line) => fired >= 0 && reads.test(line) && !line.startsWith('s ='))
  if (after.length > 0) return `fixed: ${after.map((line) => `\`${line}\``).join(', ')}`
  return program.states.some(({ name }) => name === 's') ? 'fixed, one step later' : undefined
}

function inputOf({ temporal }: Neuron, decays: boolean): string {
  if (temporal?.kind === 'full') return 'a learned sum over all steps'
  if (temporal?.kind === 'masked') return `a learned sum over the ${temporal.k} latest steps`
  if (temporal) return `a learned sum over the ${temporal.k} latest steps, the same for all`
  return decays ? 'whole; or decayed' : 'whole'
}

function accepts(make: Factory, options: NeuronOptions): boolean {
  try {
    make(options)
    return true
  } catch (error) {
    if (error instanceof UsageError) return false
    throw error
  }
}

function startOf({ start, startText }: LearnableParameter): string {
  return startText ?? number(start(4))
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)))
}
