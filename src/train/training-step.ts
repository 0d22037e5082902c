import { Tape, type TapeMemory } from '../autograd/index.ts'
import type { Backend, Handle, Numbers } from '../backends/index.ts'
import type { Truncation } from '../equations/index.ts'
import { classScore, type Loss, type OwnLoss, type Score, softTargets, summedLogits } from '../losses/index.ts'
import type { Network, Run } from '../nn/index.ts'
import { loss as lossOf } from '../ops/index.ts'
import { inputTensor, type Tensor } from '../tensor/index.ts'
import { type Encode, inputOf } from './input.ts'
import { firstLossScale } from './loss-scale.ts'
import { ownLoss } from './own-loss.ts'
import { joinStatistics, type Ranks, sumTensors } from './ranks.ts'
import { type LayerOutput, type Regulariser, regularised } from './regularisers.ts'
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
  /** Where this is a rank's part of a batch: how much of it. Default 1. */
  readonly share?: number
  /** Where this is a rank's part of a batch: images of all parts. Default N. */
  readonly whole?: number
}

export interface StepOptions {
  readonly backend: Backend
  readonly T: number
  readonly loss: Loss
  /** How outputs are judged. Default: by the class that is the argmax. */
  readonly score?: Score | undefined
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
  /** Where several processes make the update together: who, and how. */
  readonly together?: Together | undefined
}

/** How a rank takes part in the updates of all. */
export interface Together {
  readonly ranks: Ranks
  /** Whether BatchNorm takes its statistics over all ranks, or each over its own part. */
  readonly syncBatchNorm: boolean
}

export interface UpdateOptions extends StepOptions {
  readonly updates: Updates
  readonly learningRate: number
  /** Joint 2-norm that gradients are scaled down to; default: none. */
  readonly clip?: number
}

export interface StepResult {
  /** Mean over the batch, of all ranks. */
  readonly loss: number
  /**
   * Samples of this rank whose label is the argmax of the logits summed over time; of mixed ones, that label's share. Where they
   * have other targets, the sum over samples of what the measure is the mean of.
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
    if (options.together) joinRanks(network, options, { gradients, loss: pass.loss, share: batch.share ?? 1 })
    const norm = applyUpdate(gradients, pass.loss, options)
    const [{ loss, correct }, gradientNorm] = await Promise.all([pass.read(), norm])
    return { loss, correct, gradientNorm: Number.isFinite(loss) ? gradientNorm : Number.NaN }
  } finally {
    backend.endStep()
  }
}

/** Adds up over the ranks what each made of its part of an update. */
export function joinRanks(
  network: Network,
  { backend, together }: Pick<StepOptions, 'backend' | 'together'>,
  own: { readonly gradients: readonly (Handle | undefined)[]; readonly loss: Handle; readonly share: number },
): void {
  if (!together) return
  const { ranks, syncBatchNorm } = together
  sumTensors(backend, ranks, [...own.gradients.filter((gradient) => gradient !== undefined), own.loss])
  if (!syncBatchNorm) joinStatistics(network, backend, ranks, own.share)
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
  /** [1]; of a rank's part of a batch, its share of the loss. */
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
function deviceLoss(batch: LabelledImages, { backend, loss, T }: StepOptions, made: Forward) {
  const { tape, logits } = made
  const classes = logits.shape[2]
  const targets = backend.tensor([batch.labels.length, classes], softTargets(loss, batch, classes))
  const scope = { backend, tape }
  return { root: lossOf(scope, logits, inputTensor(targets), loss.options(T), gradientScale(batch, made)), targets }
}

/** The loss of a program's own, once the logits have been read. */
function hostLoss(batch: LabelledImages, { backend, loss }: StepOptions, made: Forward): Promise<Tensor> {
  const { tape, logits } = made
  const targets = softTargets(loss, batch, logits.shape[2])
  const of = { labels: batch.labels, targets }
  return ownLoss({ backend, tape }, loss.own as OwnLoss, logits, of, gradientScale(batch, made))
}

/** What gradients are multiplied by on the way back: of a rank's part of a batch, its share. */
function gradientScale({ share = 1 }: LabelledImages, { lossScale }: Forward): number {
  return lossScale * share
}

/** As `forwardBackward`; where the loss is a program's own, once the logits have been read, and with what regularises it. */
export async function passOf(network: Network, batch: LabelledImages, options: StepOptions): Promise<Pass> {
  const { loss, regularise = [] } = options
  if (!loss.own && regularise.length === 0) return forwardBackward(network, batch, options)
  const outputs: LayerOutput[] = []
  const made = forward(network, batch, options, (_, output, levels) => outputs.push({ output, levels }))
  const known = loss.own ? null : deviceLoss(batch, options, made)
  const own = known?.root ?? (await hostLoss(batch, options, made))
  const scope = { backend: options.backend, tape: made.tape }
  const root = await regularised(scope, own, outputs, regularise, gradientScale(batch, made))
  const pass = backward(network, batch, options, { ...made, root })
  if (known) options.backend.release(known.targets)
  return pass
}

interface Forward {
  readonly tape: Tape
  readonly x: Tensor
  readonly logits: Tensor
  readonly lossScale: number
}

function forward(network: Network, batch: LabelledImages, options: StepOptions, observe?: Run['observe']): Forward {
  const { backend, T, key, lossScale = firstLossScale(backend.info)?.scale ?? 1, together } = options
  const tape = new Tape(backend, options.memory)
  const x = inputOf(network, backend, batch.images, { T, seed: key, encode: options.encode })
  const ranks = together?.syncBatchNorm ? together.ranks : undefined
  const sums = ranks && { sum: (values: Numbers) => ranks.sum(values), counts: batch.share !== 0 }
  const logits = network.forward(x, {
    ...{ backend, tape, training: true, T, key, truncation: options.truncation ?? null, ranks: sums },
    ...(observe ? { observe } : {}),
  })
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
  if (batch.share !== undefined && batch.share !== 1) backend.scale(root.handle, batch.share)
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
