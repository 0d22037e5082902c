import { wgsl } from '../../codegen/index.ts'
import type { Normalisation } from '../backend.ts'
import type { Device } from './device.ts'
import { withPartialSums } from './sums.ts'
import type { GpuTensor } from './tensors.ts'

/** Statistics on the device: means and inverse deviations, [2, groups, C]. */
export interface Moments {
  readonly tensor: GpuTensor
  readonly groups: number
}

/** Batch statistics of x, with the running ones moved towards them; in evaluation the running ones themselves. */
export function momentsOf(d: Device, x: GpuTensor, T: number, n: Normalisation): Moments {
  const channels = x.shape[x.shape.length - 1]
  const running = {
    runningMean: d.tensors.float32Of(n.runningMean).block,
    runningVariance: d.tensors.float32Of(n.runningVariance).block,
  }
  if (!n.training) {
    const tensor = d.tensors.make('dense', [2, 1, channels])
    d.over('running moments', wgsl.runningMoments, channels, { ...running, result: tensor.block }, { eps: n.eps })
    return { tensor, groups: 1 }
  }
  const groups = groupsOf(x, n)
  const repeats = T / x.shape[0]
  const rows = x.size / groups / channels
  const samples = rows * (n.statistics === 'merged' ? repeats : 1)
  const keep = (1 - n.momentum) ** (n.statistics === 'perStep' ? repeats : 1)
  const tensor = d.tensors.make('dense', [2, groups, channels])
  withPartialSums(d, 'moments', x, groups, channels, {}, ({ partials, blocks }) => {
    d.over(
      `finish moments ${x.stored}`,
      () => wgsl.finishMoments(x.stored),
      channels,
      { partials, x: x.block, result: tensor.block, ...running },
      {
        blocks,
        columns: channels,
        groups,
        rows,
        eps: n.eps,
        keep,
        unbias: samples / (samples - 1),
        xScale: x.scale,
      },
    )
  })
  return { tensor, groups }
}

/** Sets of statistics: one a step, or one in all. */
export function groupsOf(x: GpuTensor, n: Normalisation): number {
  return n.training && n.statistics === 'perStep' ? x.shape[0] : 1
}

/** The table that neuron kernels read; the caller releases it. */
export function tableOf(d: Device, { tensor, groups }: Moments, n: Normalisation): GpuTensor {
  const columns = tensor.size / 2 / groups
  const table = d.tensors.make('dense', [2 * groups + 1, columns])
  d.over(
    'normalisation table',
    wgsl.normalisationTable,
    groups * columns,
    {
      moments: tensor.block,
      weight: d.tensors.float32Of(n.weight).block,
      bias: d.tensors.float32Of(n.bias).block,
      result: table.block,
    },
    { columns },
  )
  return table
}

/** Turns the gradient of normalised values into that of x, in place; gives the gradients of weight and bias. */
export function normalisationBackward(
  d: Device,
  x: GpuTensor,
  gradient: GpuTensor,
  { tensor, groups }: Moments,
  table: GpuTensor,
  training: boolean,
): { weight: GpuTensor; bias: GpuTensor } {
  const columns = tensor.size / 2 / groups
  const rows = x.size / groups / columns
  const weight = d.tensors.make('dense', [columns])
  const bias = d.tensors.make('dense', [columns])
  d.scratch([8 * groups * columns], ([shares]) => {
    withPartialSums(d, 'products', gradient, groups, columns, { y: x, means: tensor.block }, (sums) => {
      d.over(
        'finish products',
        wgsl.finishProducts,
        columns,
        {
          partials: sums.partials,
          moments: tensor.block,
          result: shares,
          weight: weight.block,
          bias: bias.block,
        },
        { blocks: sums.blocks, columns, groups, rows },
      )
    })
    d.over(
      `normalise backward ${x.stored} ${gradient.stored} ${training}`,
      () => wgsl.normaliseBackward(x.stored, gradient.stored, training),
      x.size,
      { x: x.block, table: table.block, gradient: gradient.block, ...(training ? { shares } : {}) },
      { columns, groupSize: x.size / groups, scales: groups * columns, xScale: x.scale },
    )
  })
  return { weight, bias }
}
