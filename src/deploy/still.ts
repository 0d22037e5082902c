import { compileForward, type Neuron, type ValueId } from '../equations/index.ts'
import { liveInstructions } from './live.ts'
import type { NeuronStep } from './plan/index.ts'

/** What a neuron reads that its learned parameters and constants alone decide: it is the same at every step. */
export function stillValues({ program }: Neuron): readonly ValueId[] {
  const { instructions, states, output } = program
  const live = liveInstructions(program)
  const still = new Set<ValueId>()
  for (const id of live) {
    const { op, args } = instructions[id]
    if (op === 'input' || op === 'state' || op === 'noise' || op === 'spike') continue
    if (!args.every((arg) => still.has(arg))) continue
    still.add(id)
  }
  const read = new Set<ValueId>([output, ...states.map(({ next }) => next)])
  for (const id of live) if (!still.has(id)) for (const arg of instructions[id].args) read.add(arg)
  return [...still].filter((id) => read.has(id) && instructions[id].op !== 'constant')
}

/** The other instructions that a step needs, in order. */
export function changingInstructions(neuron: Neuron): readonly ValueId[] {
  const { program } = neuron
  const still = new Set(stillValues(neuron))
  const found = new Set<ValueId>()
  const wanted = [program.output, ...program.states.map(({ next }) => next)]
  while (wanted.length > 0) {
    const id = wanted.pop() as ValueId
    if (found.has(id) || still.has(id)) continue
    found.add(id)
    wanted.push(...program.instructions[id].args)
  }
  return [...found].sort((a, b) => a - b)
}

/** Those values of a layer: one, or one a channel. */
export function stillRows({ neuron, parameters }: NeuronStep): ReadonlyMap<ValueId, Float64Array> {
  const { program } = neuron
  const channels = Math.max(1, ...parameters.map((values) => values.length))
  const ids = stillValues(neuron)
  const rows = new Map(ids.map((id) => [id, new Float64Array(channels)]))
  const forward = compileForward(program)
  const values = new Float64Array(program.instructions.length)
  const states = new Float64Array(program.states.length)
  for (let c = 0; c < channels; c++) {
    const learned = Float64Array.from(parameters, (of) => of[c % of.length])
    forward(values, 0, states, learned)
    for (const [id, row] of rows) row[c] = values[id]
  }
  return new Map([...rows].map(([id, row]) => [id, row.every((value) => value === row[0]) ? row.slice(0, 1) : row]))
}
