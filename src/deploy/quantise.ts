import { float16, float16Bits, sizeOf, UsageError } from '../base/index.ts'
import { wholeWeights } from '../nn/index.ts'
import {
  type ConvStep,
  foldAffine,
  type LinearStep,
  type Plan,
  PlanRun,
  type PlanStep,
  type PlanValue,
  type WeightType,
} from './plan/index.ts'

/**
 * A plan with smaller weights. Whole numbers get a scale for each output channel, which goes to the neurons behind; what
 * rounding adds to a channel on average over the calibration samples is taken off its bias.
 * @param calibration samples as the network gets them, each a frame a step; none: biases stay
 * @param options fold: false leaves each scale right behind its sums
 */
export function quantised(
  plan: Plan,
  type: WeightType,
  calibration: readonly (readonly Float32Array[])[] = [],
  { fold = true }: { readonly fold?: boolean } = {},
): Plan {
  if (type === 'float32') return plan
  const errors = meanErrors(plan, type, calibration)
  const values: PlanValue[] = [...plan.values]
  const steps: PlanStep[] = []
  for (const step of plan.steps) {
    if (step.op !== 'conv' && step.op !== 'linear') {
      steps.push(step)
      continue
    }
    const { stored, scale } = roundedWeights(step, type)
    const error = errors.get(step)
    const channels = step.weight.shape[step.weight.shape.length - 1]
    const bias = Float64Array.from({ length: channels }, (_, c) => (step.bias?.[c] ?? 0) - (error?.[c] ?? 0))
    const weight = { ...step.weight, type, values: stored }
    if (!scale) {
      steps.push({ ...step, weight, bias: step.bias || error ? bias : null })
      continue
    }
    values.push({ ...plan.values[step.to] })
    const sums = values.length - 1
    steps.push({ ...step, weight, bias: null, to: sums })
    steps.push({ op: 'affine', from: sums, to: step.to, scale, shift: bias })
  }
  const made = { ...plan, values, steps }
  return fold ? foldAffine(made) : made
}

/** Weights as they are stored, and of whole numbers what each channel's are multiplied by. */
function roundedWeights(step: ConvStep | LinearStep, type: Exclude<WeightType, 'float32'>) {
  const { values, shape } = step.weight
  if (type === 'float16') {
    const stored = values.map((value) => float16(float16Bits(value)))
    if (stored.every(Number.isFinite)) return { stored, scale: null }
    throw new UsageError({
      what: 'a weight is too large for float16',
      place: `layer "${step.path}"`,
      expected: 'less than 65520',
      got: String(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)),
      next: 'Take --weights float32, int16 or int8.',
    })
  }
  const { whole, scale } = wholeWeights(values, shape[shape.length - 1], type)
  return { stored: whole, scale }
}

/** What rounding the weights of each layer adds to its channels, on average over samples, steps and places. */
function meanErrors(
  plan: Plan,
  type: Exclude<WeightType, 'float32'>,
  calibration: readonly (readonly Float32Array[])[],
): ReadonlyMap<PlanStep, Float64Array> {
  const errors = new Map<PlanStep, Float64Array>()
  if (calibration.length === 0) return errors
  const layers = plan.steps.flatMap((step) => {
    if (step.op !== 'conv' && step.op !== 'linear') return []
    const { stored, scale } = roundedWeights(step, type)
    const channels = step.weight.shape[step.weight.shape.length - 1]
    const difference = stored.map((value, i) => value * (scale?.[i % channels] ?? 1) - step.weight.values[i])
    const weight = { ...step.weight, values: difference }
    const alone = new PlanRun({
      name: plan.name,
      values: [plan.values[step.from], plan.values[step.to]],
      steps: [{ ...step, weight, bias: null, from: 0, to: 1 }],
      output: 1,
      states: [],
    })
    errors.set(step, new Float64Array(channels))
    return [{ step, alone, channels }]
  })
  const run = new PlanRun(plan)
  let steps = 0
  for (const frames of calibration) {
    run.reset()
    for (const frame of frames) {
      run.step(frame)
      steps++
      for (const { step, alone, channels } of layers) {
        const sums = errors.get(step)!
        const places = sizeOf(plan.values[step.to].shape) / channels
        alone.step(run.values[step.from]).forEach((value, i) => {
          sums[i % channels] += value / places
        })
      }
    }
  }
  for (const sums of errors.values()) for (let c = 0; c < sums.length; c++) sums[c] /= steps
  return errors
}
