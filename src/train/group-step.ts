import type { Handle } from '../backends/index.ts'
import type { Network } from '../nn/index.ts'
import {
  applyUpdate,
  joinRanks,
  type LabelledImages,
  passOf,
  type StepResult,
  trainingStep,
  type UpdateOptions,
} from './training-step.ts'

/** Options of an update made of several batches; `keys`: one a batch. */
export interface GroupOptions extends Omit<UpdateOptions, 'key'> {
  readonly keys: readonly number[]
}

/** What an update came to; `culprit`: the batch whose loss is not finite, which changed no parameter. */
export interface GroupResult extends StepResult {
  readonly culprit: number
}

/**
 * One update from several batches, as if they were one: their gradients are weighed by their sizes and summed. Only
 * BatchNorm sees each batch on its own.
 */
export async function groupStep(
  network: Network,
  batches: readonly LabelledImages[],
  options: GroupOptions,
): Promise<GroupResult> {
  if (batches.length === 1) {
    return { ...(await trainingStep(network, batches[0], { ...options, key: options.keys[0] })), culprit: 0 }
  }
  const { backend, updates } = options
  const sums = updates.parameters.map(({ shape }) => backend.tensor(shape, null))
  backend.beginStep()
  try {
    return await accumulated(network, batches, sums, options)
  } finally {
    backend.endStep()
    for (const sum of sums) backend.release(sum)
  }
}

async function accumulated(
  network: Network,
  batches: readonly LabelledImages[],
  sums: readonly Handle[],
  options: GroupOptions,
): Promise<GroupResult> {
  const { backend, updates } = options
  const sizeOf = ({ whole, labels }: LabelledImages) => whole ?? labels.length
  const images = batches.reduce((sum, batch) => sum + sizeOf(batch), 0)
  const got = updates.parameters.map(() => false)
  const total = backend.tensor([1], null)
  const reads: Promise<{ loss: number; correct: number }>[] = []
  for (const [k, batch] of batches.entries()) {
    const weight = sizeOf(batch) / images
    const pass = await passOf(network, batch, { ...options, key: options.keys[k] })
    backend.accumulate(total, pass.loss, weight)
    updates.parameters.forEach(({ path }, i) => {
      const gradient = pass.gradients.get(path)
      if (!gradient) return
      backend.accumulate(sums[i], gradient, weight)
      got[i] = true
    })
    for (const gradient of pass.gradients.values()) backend.release(gradient)
    reads.push(pass.read().then(({ loss, correct }) => ({ loss: weight * loss, correct })))
  }
  const gradients = sums.map((sum, i) => (got[i] ? sum : undefined))
  const share = batches.reduce((sum, batch) => sum + ((batch.share ?? 1) * sizeOf(batch)) / images, 0)
  joinRanks(network, options, { gradients, loss: total, share })
  const norm = applyUpdate(gradients, total, options)
  const passes = await Promise.all(reads)
  const gradientNorm = await norm
  const loss = options.together ? (await backend.read(total))[0] : passes.reduce((sum, pass) => sum + pass.loss, 0)
  const correct = passes.reduce((sum, pass) => sum + pass.correct, 0)
  const culprit = passes.findIndex((pass) => !Number.isFinite(pass.loss))
  return {
    loss,
    correct,
    gradientNorm: Number.isFinite(loss) ? gradientNorm : Number.NaN,
    culprit: culprit < 0 ? batches.length - 1 : culprit,
  }
}
