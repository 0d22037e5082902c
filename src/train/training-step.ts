import { Tape, type TapeMemory } from '../autograd/index.ts'
import type { Backend, Handle } from '../backends/index.ts'
import type { Truncation } from '../equations/index.ts'
import type { Loss, OwnLoss } from '../losses/index.ts'
import { predictions, softHits, softTargets, summedLogits } from '../losses/index.ts'
import type { Network, Run } from '../nn/index.ts'
import { loss as lossOf } from '../ops/index.ts'
import { inputTensor, type Tensor } from '../tensor/index.ts'
import { type Encode, inputOf } from './input.ts'
import { firstLossScale } from './loss-scale.ts'
import { ownLoss } from './own-loss.ts'
import { type LayerOutput, type Regulariser, regularised } from './regularisers.ts'
import type { Updates } from './updates.ts'

export interface LabelledImages {
  /** [N, H, W, C] */
  readonly images: Float32Array
  /** [N] */
  readonly labels: Int32Array
  /** Where images were mixed: the labels of the others, and the share of the own one. */
  readonly mix?: { readonly others: Int32Array; readonly own: Float32Array }
}

export interface StepOptions {
  readonly backend: Backend
  readonly T: number
  readonly loss: Loss
  /** What is added to the loss for how layers fire. */
  readonly regularise?: readonly Regulariser[] | undefined
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
  /** Images whose label is the argmax of the logits summed over time; of mixed ones, that label's share. */
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
  updates.apply(gradients, learningRate, [loss, norm])
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
  const made = forward(network, batch, options)
  const { root, targets } = deviceLoss(batch, options, made)
  const pass = backward(network, batch, options, { ...made, root })
  options.backend.release(targets)
  return pass
}

/** The loss that the backend computes, and its targets, which belong to the caller. */
function deviceLoss(batch: LabelledImages, { backend, loss, T }: StepOptions, { tape, logits, lossScale }: Forward) {
  const classes = logits.shape[2]
  const targets = backend.tensor([batch.labels.length, classes], softTargets(loss, batch, classes))
  return { root: lossOf({ backend, tape }, logits, inputTensor(targets), loss.options(T), lossScale), targets }
}

/** As `forwardBackward`; where the loss is a program's own, once the logits have been read, and with what regularises it. */
export async function passOf(network: Network, batch: LabelledImages, options: StepOptions): Promise<Pass> {
  const { backend, loss, regularise = [] } = options
  if (!loss.own && regularise.length === 0) return forwardBackward(network, batch, options)
  const outputs: LayerOutput[] = []
  const made = forward(network, batch, options, (_, output, levels) => outputs.push({ output, levels }))
  const scope = { backend, tape: made.tape }
  const known = loss.own ? null : deviceLoss(batch, options, made)
  const own = known?.root ?? (await ownLoss(scope, loss.own as OwnLoss, made.logits, batch.labels, made.lossScale))
  const root = await regularised(scope, own, outputs, regularise, made.lossScale)
  const pass = backward(network, batch, options, { ...made, root })
  if (known) backend.release(known.targets)
  return pass
}

interface Forward {
  readonly tape: Tape
  readonly x: Tensor
  readonly logits: Tensor
  readonly lossScale: number
}

function forward(network: Network, batch: LabelledImages, options: StepOptions, observe?: Run['observe']): Forward {
  const { backend, T, key, lossScale = firstLossScale(backend.info)?.scale ?? 1 } = options
  const tape = new Tape(backend, options.memory)
  const x = inputOf(network, backend, batch.images, { T, seed: key, encode: options.encode })
  const truncation = options.truncation ?? null
  const logits = network.forward(x, {
    ...{ backend, tape, training: true, T, key, truncation },
    ...(observe ? { observe } : {}),
  })
  return { tape, x, logits, lossScale }
}

function backward(
  network: Network,
  batch: LabelledImages,
  { backend, T }: StepOptions,
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
      return { loss, correct: softHits(summedLogits(values, T), batch, logits.shape[2]) }
    },
  }
}

/** How many labels are the prediction. @param scores [N, K] */
export function hits(scores: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number {
  return predictions(scores, classes).reduce((sum, predicted, n) => sum + (predicted === labels[n] ? 1 : 0), 0)
}
