import { sizeOf } from '../../base/index.ts'
import { wgsl } from '../../codegen/index.ts'
import { dropoutLimit } from '../dropout.ts'
import type { Device } from './device.ts'
import { gridOf } from './machine.ts'
import { bytesOfValue, type GpuTensor } from './tensors.ts'

export function add(d: Device, a: GpuTensor, b: GpuTensor): GpuTensor {
  const long = a.shape[0] >= b.shape[0] ? a : b
  const target = d.tensors.make('dense', long.shape)
  d.over(
    `add ${a.stored} ${b.stored} ${target.stored}`,
    () => wgsl.addKernel(a.stored, b.stored, target.stored),
    target.size,
    { a: a.block, b: b.block, result: target.block },
    { aSize: a.size, bSize: b.size, aScale: a.scale, bScale: b.scale },
  )
  return target
}

/** Copies `count` values of x from one place to another that is stored alike; target bytes must be cleared. */
function copyValues(d: Device, x: GpuTensor, from: number, target: GpuTensor, to: number, count: number): void {
  const [source, goal, bytes] = [from, to, count].map((values) => bytesOfValue[x.stored] * values)
  if ([source, goal, bytes].every((place) => place % 4 === 0)) {
    d.machine.copy(x.block, source, target.block, goal, bytes)
  } else {
    d.over('copy bytes', wgsl.copyBytesKernel, bytes, { x: x.block, result: target.block }, { source, goal })
  }
}

export function slice(d: Device, x: GpuTensor, from: number, to: number): GpuTensor {
  const frame = sizeOf(x.shape.slice(1))
  const target = d.tensors.zeros(x.kind, [to - from, ...x.shape.slice(1)], x.scale, x.stored)
  copyValues(d, x, from * frame, target, 0, target.size)
  return target
}

export function concat(d: Device, parts: readonly GpuTensor[]): GpuTensor {
  const [first] = parts
  const steps = parts.reduce((sum, part) => sum + part.shape[0], 0)
  const target = d.tensors.zeros(first.kind, [steps, ...first.shape.slice(1)], first.scale, first.stored)
  let at = 0
  for (const part of parts) {
    copyValues(d, part, 0, target, at, part.size)
    at += part.size
  }
  return target
}

export function sumSteps(d: Device, x: GpuTensor): GpuTensor {
  const target = d.tensors.make('dense', [1, ...x.shape.slice(1)])
  d.over(
    `sum over steps ${x.stored} ${target.stored}`,
    () => wgsl.sumStepsKernel(x.stored, target.stored),
    target.size,
    { x: x.block, result: target.block },
    { steps: x.shape[0], xScale: x.scale },
  )
  return target
}

export function dropout(d: Device, x: GpuTensor, p: number, key: number): GpuTensor {
  const frame = sizeOf(x.shape.slice(1))
  // p 2^32 as a whole number: a hash below it is dropped.
  const values = { frame, key: key >>> 0, limit: dropoutLimit(p), factor: 1 / (1 - p) }
  const scale = x.kind === 'spikes' ? x.scale / (1 - p) : 1
  const target = d.tensors.make(x.kind, x.shape, scale, x.stored)
  d.over(
    `dropout ${x.stored}`,
    () => wgsl.dropoutKernel(x.stored),
    x.kind === 'spikes' ? Math.ceil(x.size / 4) : x.size,
    { x: x.block, result: target.block },
    values,
  )
  return target
}

/** [non-zero values, or the spikes that they count, open windows] */
export function activity(d: Device, x: GpuTensor, counted: boolean): GpuTensor {
  const count = x.kind === 'spikes' ? Math.ceil(x.size / 4) : x.size
  const kind = x.kind === 'spikes' ? 'spikes' : counted ? 'values' : 'nonzero'
  return countsOf(d, [{ x, count }], kind, 'counts', 0)
}

/** Pairs of sums over tensors, added up: counts, or the joint norm [norm, factor]. */
export function countsOf(
  d: Device,
  parts: readonly { readonly x: GpuTensor; readonly count: number }[],
  kind: wgsl.CountKind,
  finish: 'norm' | 'counts',
  most: number,
): GpuTensor {
  const plans = parts.map(({ count }) => wgsl.countPlan(count, d.sums))
  const total = plans.reduce((sum, { pairs }) => sum + pairs, 0)
  const target = d.tensors.make('dense', [2])
  d.scratch([8 * total], ([partials]) => {
    let first = 0
    parts.forEach(({ x, count }, k) => {
      const kernel = d.machine.kernel(`counts ${kind} ${x.stored}`, () => wgsl.partialCounts(kind, x.stored, d.sums))
      d.machine.run(kernel, { x: x.block, result: partials }, { count, first }, gridOf(plans[k].workgroups))
      first += plans[k].pairs
    })
    const sum = d.machine.kernel(`finish ${finish}`, () => wgsl.finishCounts(finish, d.sums))
    d.machine.run(sum, { partials, result: target.block }, { count: total, most }, [1, 1, 1])
  })
  return target
}
