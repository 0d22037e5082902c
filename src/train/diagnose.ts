import { type Operation, Tape } from '../autograd/index.ts'
import type { Backend } from '../backends/index.ts'
import { softTargets } from '../losses/index.ts'
import type { Network } from '../nn/index.ts'
import { loss as lossOf } from '../ops/index.ts'
import { inputTensor, type Tensor } from '../tensor/index.ts'
import { inputOf } from './input.ts'
import { ownLoss } from './own-loss.ts'
import type { LabelledImages, StepOptions } from './training-step.ts'

/** Where a value that is not finite shows up first. */
export interface NonFinite {
  readonly what: 'input' | 'parameter' | 'output' | 'loss' | 'gradient'
  /** A layer or parameter by path. */
  readonly where: string
}

interface Seen {
  readonly operation: Operation
  readonly outputs: readonly Tensor[]
}

/** A tape that also remembers what it has seen, for reading afterwards. */
class WitnessTape extends Tape {
  readonly seen: Seen[] = []

  override record(operation: Operation): Tensor[] {
    const outputs = super.record(operation)
    this.seen.push({ operation, outputs })
    return outputs
  }
}

/**
 * Runs a batch again, operation by operation, and looks for the first value that is not finite: on the way forward
 * its layer, on the way back the first parameter that gets such a gradient. Null if all is finite.
 */
export async function findNonFinite(
  network: Network,
  batch: LabelledImages,
  options: StepOptions,
): Promise<NonFinite | null> {
  const { backend, T, key, loss } = options
  const tape = new WitnessTape(backend)
  const neurons = new Map<Tensor, string>()
  backend.beginStep()
  try {
    const x = inputOf(network, backend, batch.images, { T, seed: key, encode: options.encode })
    const observe = (path: string, output: Tensor) => void neurons.set(output, path)
    const logits = network.forward(x, {
      backend,
      tape,
      training: true,
      T,
      key,
      observe,
      truncation: options.truncation ?? null,
    })
    const classes = logits.shape[2]
    const targets = softTargets(loss, batch, classes)
    const scope = { backend, tape }
    const root = loss.own
      ? await ownLoss(scope, loss.own, logits, { labels: batch.labels, targets })
      : lossOf(scope, logits, inputTensor(backend.tensor([batch.labels.length, classes], targets)), loss.options(T))
    return (
      (await firstForward(tape.seen, { network, backend, x, root, neurons })) ??
      (await firstBackward(tape, root, network, backend))
    )
  } finally {
    backend.endStep()
  }
}

interface Scene {
  readonly network: Network
  readonly backend: Backend
  readonly x: Tensor
  readonly root: Tensor
  readonly neurons: ReadonlyMap<Tensor, string>
}

async function firstForward(seen: readonly Seen[], scene: Scene): Promise<NonFinite | null> {
  const { backend, x, root, neurons, network } = scene
  if (!(await allFinite(x, backend))) return { what: 'input', where: 'the images' }
  const parameters = new Map(network.parameters().map((p) => [p.on(backend), p.path]))
  let last = 'the input'
  for (const { operation, outputs } of seen) {
    const own = operation.inputs.filter((input) => input !== null && parameters.has(input)) as Tensor[]
    for (const tensor of own) {
      if (!(await allFinite(tensor, backend))) return { what: 'parameter', where: parameters.get(tensor) ?? '' }
    }
    const layer = neurons.get(outputs[0]) ?? layerOf(own[0] && parameters.get(own[0]))
    last = layer ?? `${operation.name}, after ${last}`
    for (const output of outputs) {
      if (!(await allFinite(output, backend))) {
        return output === root ? { what: 'loss', where: 'the loss' } : { what: 'output', where: last }
      }
    }
  }
  return null
}

async function firstBackward(tape: Tape, root: Tensor, network: Network, backend: Backend): Promise<NonFinite | null> {
  const gradients = tape.backward(root)
  for (const parameter of [...network.parameters()].reverse()) {
    const gradient = gradients.get(parameter.on(backend))
    if (gradient && !(await backend.read(gradient)).every(Number.isFinite)) {
      return { what: 'gradient', where: parameter.path }
    }
  }
  return null
}

async function allFinite({ handle }: Tensor, backend: Backend): Promise<boolean> {
  return handle.kind === 'spikes' || (await backend.read(handle)).every(Number.isFinite)
}

/** `blocks.0.conv1.weight` belongs to `blocks.0.conv1`. */
function layerOf(parameter: string | undefined): string | undefined {
  return parameter?.replace(/\.?[^.]+$/, '') || undefined
}
