import { type AffineStep, type Plan, type PlanStep, readersOf } from './plan.ts'

/**
 * Scales and shifts go where they cost nothing: into the weights of a convolution or linear layer right in front that
 * nobody else reads, past an average pool without padding on the way; else into the input of neurons behind. What
 * neither takes stays. Integer weights are left as they are: their scales go to the neurons.
 */
export function foldAffine(plan: Plan): Plan {
  const steps = [...plan.steps]
  for (const step of plan.steps) {
    if (step.op === 'affine' && !intoWeights({ ...plan, steps }, steps, step))
      intoNeurons({ ...plan, steps }, steps, step)
  }
  biasesToNeurons({ ...plan, steps }, steps)
  return { ...plan, steps }
}

/** A bias that only neurons see is added where they read: sums then start at 0, which costs nothing. */
function biasesToNeurons(plan: Plan, steps: PlanStep[]): void {
  const readers = readersOf(plan)
  for (const [at, source] of steps.entries()) {
    if ((source.op !== 'conv' && source.op !== 'linear') || source.bias === null || readers[source.to] > 1) continue
    const behind = steps.findIndex((step) => step.op === 'neurons' && step.from === source.to)
    const reader = steps[behind]
    if (reader?.op !== 'neurons') continue
    const { bias } = source
    const { scale, shift } = reader
    steps[at] = { ...source, bias: null }
    steps[behind] = { ...reader, shift: bias.map((b, c) => b * (scale?.[c] ?? 1) + (shift?.[c] ?? 0)) }
  }
}

function intoWeights(plan: Plan, steps: PlanStep[], affine: AffineStep): boolean {
  const readers = readersOf(plan)
  let ref = affine.from
  let pool: PlanStep | null = null
  for (;;) {
    const at = steps.findIndex((step) => step.op !== 'remember' && step.to === ref)
    const source = steps[at]
    if (source === undefined || readers[ref] > 1) return false
    if (source.op === 'pool' && pool === null && isPlainAverage(source)) {
      pool = source
      ref = source.from
      continue
    }
    if (source.op !== 'conv' && source.op !== 'linear') return false
    if (!source.weight.type.startsWith('float')) return false
    const { scale, shift } = affine
    const channels = scale.length
    const values = source.weight.values.map((w, i) => w * scale[i % channels])
    const bias = shift.map((b, c) => (source.bias?.[c] ?? 0) * scale[c] + b)
    // What read the scaled value reads the weighted sum, or its pool, instead.
    const last = pool ?? source
    steps[at] = { ...source, weight: { ...source.weight, values }, bias, ...(pool ? {} : { to: affine.to }) }
    if (pool) steps[steps.indexOf(last)] = { ...pool, to: affine.to } as PlanStep
    steps.splice(steps.indexOf(affine), 1)
    return true
  }
}

/** An average over windows that all lie inside the image: it gives a shift back as it is. */
function isPlainAverage(step: Extract<PlanStep, { op: 'pool' }>): boolean {
  return step.kind === 'average' && (step.window === null || step.window.padding.every((size) => size === 0))
}

function intoNeurons(plan: Plan, steps: PlanStep[], affine: AffineStep): void {
  if (readersOf(plan)[affine.to] > 1) return
  const at = steps.findIndex((step) => step.op === 'neurons' && step.from === affine.to)
  const reader = steps[at]
  if (reader?.op !== 'neurons') return
  const { scale, shift } = affine
  // What the neurons had already comes behind.
  const later = { scale: reader.scale ?? scale.map(() => 1), shift: reader.shift ?? scale.map(() => 0) }
  steps[at] = {
    ...reader,
    from: affine.from,
    scale: scale.map((s, c) => s * later.scale[c]),
    shift: shift.map((b, c) => b * later.scale[c] + later.shift[c]),
  }
  steps.splice(steps.indexOf(affine), 1)
}
