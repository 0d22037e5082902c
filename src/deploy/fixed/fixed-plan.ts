import { sizeOf, UsageError } from '../../base/index.ts'
import type { WholeType } from '../../nn/index.ts'
import { type AffineStep, type ConvStep, type LinearStep, type Plan, PlanRun, type PlanStep } from '../plan/index.ts'
import { quantised } from '../quantise.ts'
import { changingInstructions, stillRows } from '../still.ts'
import { FixedMath } from './fixed-math.ts'

/** What a layer of weights does with an input of numbers that are no spikes. */
export interface FixedInput {
  /** Larger ones count as this, in whole numbers of the program. */
  readonly most: number
  /** Fraction bits that are given up, so that no sum of weights leaves 32 bits. */
  readonly dropped: number
  /** What an event counts then. */
  readonly unit: number
}

/** How sums of weights become numbers: x * multiplier / 2^bits, by channel. */
export interface FixedScale {
  readonly multipliers: Int32Array
  readonly bits: number
}

/** A plan whose numbers are all whole. */
export interface FixedPlan {
  readonly plan: Plan
  readonly math: FixedMath
  readonly inputs: ReadonlyMap<PlanStep, FixedInput>
  readonly scales: ReadonlyMap<PlanStep, FixedScale>
  /** The largest number that calibration met, of either sign. */
  readonly largest: number
}

/** Operations of neurons that whole numbers have. */
const known: ReadonlySet<string> = new Set([
  ...['constant', 'input', 'state', 'add', 'sub', 'mul', 'div', 'neg', 'pow', 'sigmoid', 'tanh', 'floor'],
  ...['round', 'where', 'relu', 'abs', 'min', 'max', 'spike', 'detach'],
])

const mostBits = 16
const leastBits = 8
/** How much more than calibration met there is room for. */
const room = 8

/**
 * A plan in whole numbers: weights of 8 or 16 bits, everything else 32 bits with the same number of fraction bits, 16 or,
 * where values are large, fewer.
 * @param calibration samples as the network gets them, each a frame a step: they say how large values are
 * @throws UsageError for a neuron with an operation that whole numbers do not have, by its name; without a sample; where
 * values or layers are too large
 */
export function fixedPlan(plan: Plan, type: WholeType, calibration: readonly (readonly Float32Array[])[]): FixedPlan {
  checkNeurons(plan)
  if (calibration.length === 0) {
    throw new UsageError({
      what: 'fixed point needs samples that say how large values are',
      expected: 'one calibration sample or more',
      got: 'none',
    })
  }
  const whole = quantised(plan, type, calibration, { fold: false })
  const met = largestValues(whole, calibration)
  const largest = Math.max(...met.all)
  const bits = Math.min(mostBits, Math.floor(Math.log2(FixedMath.limit / (room * Math.max(1, largest)))))
  if (bits < leastBits) {
    throw new UsageError({
      what: 'values of this network are too large for fixed point',
      expected: `up to ${FixedMath.limit / room / 2 ** leastBits}`,
      got: largest.toPrecision(4),
      next: 'Write it with --arithmetic float.',
    })
  }
  const math = new FixedMath(bits)
  const inputs = new Map<PlanStep, FixedInput>()
  const scales = new Map<PlanStep, FixedScale>()
  for (const [at, step] of whole.steps.entries()) {
    if (step.op !== 'conv' && step.op !== 'linear') continue
    const dense = whole.values[step.from].kind === 'dense'
    const input = inputOf(step, dense ? met.values[step.from] : null, math)
    if (dense) inputs.set(step, input)
    scales.set(whole.steps[at + 1], scaleOf(whole.steps[at + 1] as AffineStep, bits - Math.log2(input.unit)))
  }
  return { plan: whole, math, inputs, scales, largest }
}

function checkNeurons({ steps }: Plan): void {
  for (const step of steps) {
    if (step.op !== 'neurons') continue
    const { program, name } = step.neuron
    const operations = changingInstructions(step.neuron).map((id) => program.instructions[id].op)
    const unknown = operations.find((op) => !known.has(op))
    if (unknown === undefined) continue
    throw new UsageError({
      what: `the neuron '${name}' has an operation that fixed point has not`,
      place: `layer "${step.path}"`,
      expected: '+ - * / powers, comparisons, sigmoid, tanh, floor, round',
      got: unknown,
      next: 'Write it with --arithmetic float.',
    })
  }
}

/** The largest number of each value, of either sign, and of all numbers that a program keeps. */
function largestValues(plan: Plan, calibration: readonly (readonly Float32Array[])[]) {
  const run = new PlanRun(plan)
  const values = plan.values.map(() => 0)
  const sums = new Set(plan.steps.flatMap((step) => (step.op === 'conv' || step.op === 'linear' ? [step.to] : [])))
  let most = 0
  const of = (numbers: Float64Array) => numbers.reduce((found, value) => Math.max(found, Math.abs(value)), 0)
  for (const frames of calibration) {
    run.reset()
    for (const frame of frames) {
      run.step(frame)
      run.values.forEach((numbers, ref) => {
        values[ref] = Math.max(values[ref], of(numbers))
      })
      for (const state of run.states) most = Math.max(most, of(state))
    }
  }
  const still = plan.steps.flatMap((step) => (step.op === 'neurons' ? [...stillRows(step).values()].map(of) : []))
  return { values, all: [most, ...still, ...values.filter((_, ref) => !sums.has(ref))] }
}

/** @param met the largest input of calibration; null: spikes */
function inputOf(step: ConvStep | LinearStep, met: number | null, { one, bits }: FixedMath): FixedInput {
  const { values, shape } = step.weight
  const channels = shape[shape.length - 1]
  const sums = new Float64Array(channels)
  values.forEach((value, i) => {
    sums[i % channels] += Math.abs(value)
  })
  const most = met === null ? 1 : Math.max(1, 2 * met)
  const worst = most * Math.max(1, ...sums)
  const kept = Math.min(met === null ? 0 : bits, Math.floor(Math.log2((2 ** 31 - 1) / worst)))
  if (kept < 0) {
    throw new UsageError({
      what: 'a sum of weights may leave 32 bits',
      place: `layer "${step.path}", ${sizeOf(shape)} weights`,
      expected: 'less than 2^31',
      got: worst.toPrecision(4),
      next: 'Take --weights int8, or --arithmetic float.',
    })
  }
  return { most: Math.floor(most * one), dropped: bits - kept, unit: 2 ** kept }
}

/** @param bits from whole sums to whole numbers */
function scaleOf({ scale }: AffineStep, bits: number): FixedScale {
  const wanted = scale.map((value) => value * 2 ** bits)
  const most = wanted.reduce((found, value) => Math.max(found, Math.abs(value)), 0)
  const places = Math.min(46, Math.max(1, 29 - Math.ceil(Math.log2(most || 1))))
  return { multipliers: Int32Array.from(wanted, (value) => Math.round(value * 2 ** places)), bits: places }
}
