import { wgsl } from '../../codegen/index.ts'
import type { AdamWOptions, LossOptions, SgdOptions } from '../backend.ts'
import type { Device } from './device.ts'
import { countsOf } from './sequence.ts'
import { sumRows } from './sums.ts'
import type { GpuTensor } from './tensors.ts'

export function loss(d: Device, logits: GpuTensor, targets: GpuTensor, options: LossOptions) {
  const [T, N, K] = logits.shape
  const { reduction, squaredErrorTo: to } = options
  const rows = reduction === 'step' ? T * N : N
  const gradient = d.tensors.make('dense', logits.shape)
  const losses = d.tensors.make('dense', [rows, 1])
  d.over(
    `loss ${reduction} ${logits.stored}`,
    () => wgsl.lossRows(reduction, logits.stored),
    rows,
    { logits: logits.block, targets: targets.block, gradient: gradient.block, losses: losses.block },
    {
      steps: T,
      samples: N,
      classes: K,
      crossEntropy: options.crossEntropy / rows,
      squaredError: options.squaredError / (rows * K),
      off: typeof to === 'number' ? to : to.off,
      slope: typeof to === 'number' ? 0 : to.on - to.off,
    },
  )
  const total = sumRows(d, losses, 1, [1])
  d.tensors.release(losses)
  return { loss: total, gradient }
}

export function accumulate(d: Device, target: GpuTensor, source: GpuTensor, factor: number): void {
  d.over(
    `accumulate ${source.stored} ${target.stored}`,
    () => wgsl.accumulateKernel(source.stored, target.stored),
    target.size,
    { source: source.block, result: target.block },
    { factor, sourceScale: source.scale },
  )
}

export function scale(d: Device, target: GpuTensor, factor: number): void {
  d.over(
    `scale ${target.stored}`,
    () => wgsl.scaleKernel(target.stored),
    target.size,
    { result: target.block },
    { factor },
  )
}

/** Keeps values within bounds; infinite ones are the largest float32. */
export function clamp(d: Device, target: GpuTensor, min: number, max: number): void {
  const [least, most] = [Math.max(min, -3.4e38), Math.min(max, 3.4e38)]
  const emit = () => wgsl.clampKernel(target.stored)
  d.over(`clamp ${target.stored}`, emit, target.size, { result: target.block }, { least, most })
}

/** Scales all to a joint norm of at most `maxNorm`, on the device; gives the norm before. */
export function clipNorm(d: Device, gradients: readonly GpuTensor[], maxNorm: number): GpuTensor {
  const parts = gradients.map((x) => ({ x, count: x.size }))
  const most = Math.min(maxNorm, 3.4e38)
  const found = countsOf(d, parts, 'squares', 'norm', most)
  if (Number.isFinite(maxNorm)) {
    for (const x of gradients) {
      d.over(`clip ${x.stored}`, () => wgsl.clipKernel(x.stored), x.size, { norm: found.block, result: x.block })
    }
  }
  const norm = d.tensors.make('dense', [1])
  d.machine.copy(found.block, 0, norm.block, 0, 4)
  d.tensors.release(found)
  return norm
}

export function sgd(
  d: Device,
  parameter: GpuTensor,
  gradient: GpuTensor,
  velocity: GpuTensor | null,
  guards: readonly GpuTensor[],
  o: SgdOptions,
): void {
  d.over(
    `sgd ${velocity !== null} ${guards.length}`,
    () => wgsl.sgdKernel(velocity !== null, guards.length),
    parameter.size,
    {
      parameter: parameter.block,
      gradient: gradient.block,
      ...(velocity ? { velocity: velocity.block } : {}),
      ...guardBlocks(guards),
    },
    {
      learningRate: o.learningRate,
      momentum: o.momentum,
      weightDecay: o.weightDecay,
      nesterov: o.nesterov ? 1 : 0,
    },
  )
}

export function adamW(
  d: Device,
  parameter: GpuTensor,
  gradient: GpuTensor,
  first: GpuTensor,
  second: GpuTensor,
  guards: readonly GpuTensor[],
  o: AdamWOptions,
): void {
  d.over(
    `adamW ${guards.length}`,
    () => wgsl.adamWKernel(guards.length),
    parameter.size,
    {
      parameter: parameter.block,
      gradient: gradient.block,
      first: first.block,
      second: second.block,
      ...guardBlocks(guards),
    },
    {
      keep: 1 - o.learningRate * o.weightDecay,
      beta1: o.beta1,
      beta2: o.beta2,
      rest1: 1 - o.beta1,
      rest2: 1 - o.beta2,
      stepSize: o.learningRate / (1 - o.beta1 ** o.update),
      correction: 1 / Math.sqrt(1 - o.beta2 ** o.update),
      eps: o.eps,
    },
  )
}

function guardBlocks(guards: readonly GpuTensor[]) {
  return Object.fromEntries(guards.map((guard, k) => [`guard${k}`, guard.block]))
}
