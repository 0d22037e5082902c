import { Tape, type TapeMemory } from '../autograd/index.ts'
import type { Backend, Handle } from '../backends/index.ts'
import type { Truncation } from '../equations/index.ts'
import type { Loss } from '../losses/index.ts'
import { classScore, type Score, softTargets, summedLogits } from '../losses/index.ts'
import type { Network } from '../nn/index.ts'
import { loss as lossOf } from '../ops/index.ts'
import { inputTensor, type Tensor } from '../tensor/index.ts'
import { type Encode, inputOf } from './input.ts'
import { firstLossScale } from './loss-scale.ts'
import { ownLoss } from './own-loss.ts'
import type { Updates } from './updates.ts'

export interface LabelledImages {
  /** [N, H, W, C] */
  readonly images: Float32Array
  /** [N] */
  readonly labels: Int32Array
  /** [N, outputs]: real targets, or several labels, in place of the labels. */
  readonly targets?: Float32Array
  /** Where images were mixed: the labels of the others, and the share of the own one. */
  readonly mix?: { readonly others: Int32Array; readonly own: Float32Array }
}

export interface StepOptions {
  readonly backend: Backend
  readonly T: number
  readonly loss: Loss
  /** How outputs are judged. Default: by the class that is the argmax. */
  readonly score?: Score | undefined
  readonly encode?: Encode | undefined
  /** Names the random numbers of this pass: another update, another key. */
  readonly key: number
  /** How far back in time gradients travel inside each layer of neurons; left out: all the way. */
  readonly truncation?: Truncation | null
  /**
   * What gradients are multiplied by on the way back, a power of two; those of parameters are divided by it again. Default:
   * 2^16 where the backend stores gradients as float16, else 1.
   */
  readonly lossScale?: number | undefined
  /** `rebuild`: less memory, more time, same bits. Default `keep`. */
  readonly memory?: TapeMemory | undefined
}

export interface UpdateOptions extends StepOptions {
  readonly updates: Updates
  readonly learningRate: number
  /** Joint 2-norm that gradients are scaled down to; default: none. */
  readonly clip?: number
}

export interface StepResult {
  /** Mean over the batch. */
  readonly loss: number
  /**
   * Samples whose label is the argmax of the logits summed over time; of mixed ones, that label's share. Where they have other
   * targets, the sum over samples of what the measure is the mean of.
   */
  readonly correct: number
  /** Joint 2-norm of the gradients before clipping; not finite: nothing was updated. NaN where the loss is not finite. */
  readonly gradientNorm: number
}

/**
 * One update from one batch: forward, loss, backward, update. Nothing is read back before all of it was asked for, so that a
 * device works without waiting. A loss or gradient that is not finite changes no parameter (running statistics have seen
 * the batch).
 */
export async function trainingStep(
  network: Network,
  batch: LabelledImages,
  options: UpdateOptions,
): Promise<StepResult> {
  const { backend } = options
  backend.beginStep()
  try {
    const pass = await passOf(network, batch, options)
    const gradients = options.updates.parameters.map((parameter) => pass.gradients.get(parameter.path))
    const norm = applyUpdate(gradients, pass.loss, options)
    const [{ loss, correct }, gradientNorm] = await Promise.all([pass.read(), norm])
    return { loss, correct, gradientNorm: Number.isFinite(loss) ? gradientNorm : Number.NaN }
  } finally {
    backend.endStep()
  }
}

/**
 * Clips and applies, unless the norm or the loss is not finite; gives the norm before clipping, which is read once all has
 * been asked for.
 */
export async function applyUpdate(
  gradients: readonly (Handle | undefined)[],
  loss: Handle,
  options: Pick<UpdateOptions, 'backend' | 'updates' | 'learningRate' | 'clip'>,
): Promise<number> {
  const { backend, updates, learningRate, clip = Number.POSITIVE_INFINITY } = options
  const present = gradients.filter((gradient) => gradient !== undefined)
  const norm = backend.clipNorm(present, clip)
  const own = updates.apply(gradients, learningRate, [loss, norm])
  if (own) await own
  const reading = backend.read(norm)
  backend.release(norm)
  return (await reading)[0]
}

export interface Pass {
  /** [1] */
  readonly loss: Handle
  /** By the parameter's path. */
  readonly gradients: ReadonlyMap<string, Handle>
  /** The loss, and how many images are right. */
  read(): Promise<{ readonly loss: number; readonly correct: number }>
}

/**
 * Forward and backward of one batch, in training mode, asked for and not waited for. Loss and gradients belong to the
 * caller, or to the open step.
 */
export function forwardBackward(network: Network, batch: LabelledImages, options: StepOptions): Pass {
  const { backend } = options
  const { tape, x, logits, lossScale } = forward(network, batch, options)
  const classes = logits.shape[2]
  const targets = backend.tensor([batch.labels.length, classes], softTargets(options.loss, batch, classes))
  const scope = { backend, tape }
  const root = lossOf(scope, logits, inputTensor(targets), options.loss.options(options.T), lossScale)
  const pass = backward(network, batch, options, { tape, x, logits, root, lossScale })
  backend.release(targets)
  return pass
}

/** As `forwardBackward`; where the loss is a program's own, once the logits have been read. */
export async function passOf(network: Network, batch: LabelledImages, options: StepOptions): Promise<Pass> {
  const { own } = options.loss
  if (!own) return forwardBackward(network, batch, options)
  const made = forward(network, batch, options)
  const scope = { backend: options.backend, tape: made.tape }
  const targets = softTargets(options.loss, batch, made.logits.shape[2])
  const root = await ownLoss(scope, own, made.logits, { labels: batch.labels, targets }, made.lossScale)
  return backward(network, batch, options, { ...made, root })
}

interface Forward {
  readonly tape: Tape
  readonly x: Tensor
  readonly logits: Tensor
  readonly lossScale: number
}

function forward(network: Network, batch: LabelledImages, options: StepOptions): Forward {
  const { backend, T, key, lossScale = firstLossScale(backend.info)?.scale ?? 1 } = options
  const tape = new Tape(backend, options.memory)
  const x = inputOf(network, backend, batch.images, { T, seed: key, encode: options.encode })
  const logits = network.forward(x, { backend, tape, training: true, T, key, truncation: options.truncation ?? null })
  return { tape, x, logits, lossScale }
}

function backward(
  network: Network,
  batch: LabelledImages,
  { backend, T, score = classScore }: StepOptions,
  { tape, x, logits, root, lossScale }: Forward & { readonly root: Tensor },
): Pass {
  for (const kept of [logits, root]) tape.keep(kept)
  const found = tape.backward(root)
  backend.release(x.handle)
  const gradients = new Map<string, Handle>()
  for (const parameter of network.parameters()) {
    const gradient = found.get(parameter.on(backend))
    if (!gradient) continue
    if (lossScale !== 1) backend.scale(gradient, 1 / lossScale)
    gradients.set(parameter.path, gradient)
  }
  return {
    loss: root.handle,
    gradients,
    async read() {
      const [[loss], values] = await Promise.all([backend.read(root.handle), backend.read(logits.handle)])
      const outputs = summedLogits(values, T).map((sum) => sum / T)
      return { loss, correct: score.sum(outputs, batch, logits.shape[2]) }
    },
  }
}
