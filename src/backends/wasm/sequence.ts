import { ShapeError, shapeText, sizeOf } from '../../base/index.ts'
import { combine, countBits, dropout, elementsPerTask } from '../../codegen/index.ts'
import { dropoutLimit } from '../dropout.ts'
import { floatWord } from './crew.ts'
import type { Machine } from './machine.ts'
import type { WasmTensor } from './tensors.ts'

/** Operations over whole sequences that need no layer: sums, views in time, dropout, counting. */

const bytesPerValue = (x: WasmTensor): number => (x.kind === 'dense' ? 4 : 1)

/** target = a factorA + b factorB for `count` values from the given addresses on. */
export function combineInto(
  m: Machine,
  count: number,
  target: number,
  a: { tensor: WasmTensor; address: number; factor: number },
  b: { tensor: WasmTensor; address: number; factor: number } | null,
): void {
  const kinds = [a.tensor.kind, b ? b.tensor.kind : 'none'] as const
  const factor = (x: { tensor: WasmTensor; factor: number }) =>
    floatWord(x.factor * (x.tensor.kind === 'dense' ? 1 : x.tensor.scale))
  m.overElements(m.kernel(`combine ${kinds.join(' ')}`, combine, ...kinds), count, [
    a.address,
    b?.address ?? 0,
    target,
    factor(a),
    b ? factor(b) : 0,
  ])
}

/** Runs work on float32 values of a tensor: bytes are written out for as long as it takes. */
export function withNumbers<Result>(m: Machine, x: WasmTensor, work: (dense: WasmTensor) => Result): Result {
  if (x.kind === 'dense') return work(x)
  const dense = m.tensors.make('dense', x.shape)
  combineInto(m, x.size, dense.address, { tensor: x, address: x.address, factor: 1 }, null)
  try {
    return work(dense)
  } finally {
    m.tensors.release(dense)
  }
}

export function addTensors(m: Machine, a: WasmTensor, b: WasmTensor): WasmTensor {
  const inner = a.shape.slice(1)
  const steps = Math.max(a.shape[0], b.shape[0])
  const output = m.tensors.make('dense', [steps, ...inner])
  addInto(m, a, b, output)
  return output
}

/** output = a + b, where first axes of 1 repeat. The output may be one of the two if it is not the repeated one. */
export function addInto(m: Machine, a: WasmTensor, b: WasmTensor, output: WasmTensor): void {
  const steps = output.shape[0]
  const repeats = (a.shape[0] !== steps || b.shape[0] !== steps) && steps > 1
  const pieces = repeats ? steps : 1
  const count = output.size / pieces
  const at = (x: WasmTensor, piece: number) => ({
    tensor: x,
    address: x.address + (x.shape[0] === 1 ? 0 : piece * count * bytesPerValue(x)),
    factor: 1,
  })
  // In order of time: a piece may write up to three values past its end, which the next one sets right.
  for (let i = 0; i < pieces; i++) combineInto(m, count, output.address + 4 * i * count, at(a, i), at(b, i))
}

export function sliceSteps(m: Machine, x: WasmTensor, from: number, to: number): WasmTensor {
  const inner = x.shape.slice(1)
  // Copied: element-wise kernels rely on slack behind each tensor.
  const made = m.tensors.make(x.kind, [to - from, ...inner], x.scale, x.levels)
  const stepBytes = sizeOf(inner) * bytesPerValue(x)
  m.crew.view.u8.copyWithin(made.address, x.address + from * stepBytes, x.address + to * stepBytes)
  return made
}

const alikeBytes = (a: WasmTensor, b: WasmTensor): boolean => {
  return a.kind === b.kind && a.scale === b.scale && a.levels === b.levels
}

export function concatSteps(m: Machine, parts: readonly WasmTensor[]): WasmTensor {
  const [first] = parts
  if (!parts.every((part) => alikeBytes(part, first))) {
    throw new ShapeError({
      what: 'counts of unlike kinds cannot follow each other',
      got: parts.map((part) => `${part.kind} ${shapeText(part.shape)}`).join(', '),
    })
  }
  const steps = parts.reduce((sum, p) => sum + p.shape[0], 0)
  const made = m.tensors.make(first.kind, [steps, ...first.shape.slice(1)], first.scale, first.levels)
  let at = made.address
  for (const part of parts) {
    const bytes = part.size * bytesPerValue(part)
    m.crew.view.u8.copyWithin(at, part.address, part.address + bytes)
    at += bytes
  }
  return made
}

export function sumOverSteps(m: Machine, x: WasmTensor): WasmTensor {
  const made = m.tensors.make('dense', [1, ...x.shape.slice(1)])
  const step = { tensor: x, address: x.address, factor: 1 }
  combineInto(m, made.size, made.address, step, null)
  for (let t = 1; t < x.shape[0]; t++) {
    const next = { ...step, address: x.address + t * made.size * bytesPerValue(x) }
    combineInto(m, made.size, made.address, { tensor: made, address: made.address, factor: 1 }, next)
  }
  return made
}

/** Dropout of values or of a gradient: the same [N, H, W, C] places at every step. */
export function dropSteps(m: Machine, x: WasmTensor, p: number, key: number): WasmTensor {
  const keep = p < 1 ? 1 / (1 - p) : 0
  const kind = x.kind === 'dense' ? 'dense' : 'spikes'
  const made = m.tensors.make(x.kind, x.shape, x.kind === 'dense' ? 1 : x.scale * keep, x.levels)
  const perStep = x.size / x.shape[0]
  const limit = dropoutLimit(p)
  for (let t = 0; t < x.shape[0]; t++) {
    const offset = t * perStep * bytesPerValue(x)
    m.overElements(m.kernel(`dropout ${kind}`, dropout, kind), perStep, [
      x.address + offset,
      made.address + offset,
      key,
      limit,
      floatWord(keep),
    ])
  }
  return made
}

/** [non-zero values, or the spikes that they count, open windows] */
export function countActivity(m: Machine, x: WasmTensor, counted: boolean): WasmTensor {
  const made = m.tensors.make('dense', [2])
  let [active, open] = [0, 0]
  if (x.kind === 'dense') {
    for (const value of m.tensors.floats(x)) active += counted ? value : value === 0 ? 0 : 1
    open = x.size
  } else ({ spikes: active, windows: open } = countBytes(m, x, counted ? x.levels : 1))
  m.tensors.floats(made).set([active, open])
  return made
}

/** Spikes and open windows of bytes; with one level, values that are not 0 instead of spikes. */
export function countBytes(m: Machine, x: WasmTensor, levels: number): { spikes: number; windows: number } {
  const tasks = Math.ceil(x.size / elementsPerTask)
  return m.scratch(8 * tasks, (target) => {
    m.overElements(m.kernel(`count bits ${levels}`, countBits, levels), x.size, [x.address, target])
    let [spikes, windows] = [0, 0]
    for (let i = 0; i < tasks; i++) {
      spikes += m.crew.view.i32[target / 4 + 2 * i]
      windows += m.crew.view.i32[target / 4 + 2 * i + 1]
    }
    return { spikes, windows }
  })
}
