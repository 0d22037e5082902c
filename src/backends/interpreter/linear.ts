import type { Handle, InputGradient, LayerGradients } from '../backend.ts'
import { columnSums } from './convolution.ts'
import { denseOf, type HostHandle, type Memory, openMask, valuesOf } from './memory.ts'

const rowsOf = (x: HostHandle): number => x.shape[0] * x.shape[1]

export function linear(memory: Memory, x: HostHandle, weight: HostHandle, bias: HostHandle | null): Handle {
  const rows = rowsOf(x)
  const [features, outputs] = weight.shape
  const input = valuesOf(x)
  const w = denseOf(weight)
  const out = new Float64Array(rows * outputs)
  for (let r = 0; r < rows; r++) {
    if (bias) out.set(denseOf(bias), r * outputs)
    for (let i = 0; i < features; i++) {
      const value = input[r * features + i]
      if (value === 0) continue
      for (let k = 0; k < outputs; k++) out[r * outputs + k] += value * w[i * outputs + k]
    }
  }
  return memory.wrap([x.shape[0], x.shape[1], outputs], out)
}

export function linearBackward(
  memory: Memory,
  x: HostHandle,
  weight: HostHandle,
  gradient: HostHandle,
  want: { input: InputGradient; weight: boolean; bias: boolean },
): LayerGradients {
  const rows = rowsOf(x)
  const g = denseOf(gradient)
  return {
    input: want.input === 'none' ? null : memory.wrap(x.shape, inputGradient(rows, x, weight, g, want.input)),
    weight: want.weight ? memory.wrap(weight.shape, weightGradient(rows, x, weight, g)) : null,
    bias: want.bias ? memory.wrap([weight.shape[1]], columnSums(g, weight.shape[1])) : null,
  }
}

function inputGradient(
  rows: number,
  x: HostHandle,
  weight: HostHandle,
  g: Float64Array,
  want: 'open' | 'full',
): Float64Array {
  const [features, outputs] = weight.shape
  const w = denseOf(weight)
  const mask = openMask(x, want)
  const result = new Float64Array(rows * features)
  for (let at = 0; at < result.length; at++) {
    if (mask && !(mask[at] & 2)) continue
    const row = Math.floor(at / features) * outputs
    const column = (at % features) * outputs
    let sum = 0
    for (let k = 0; k < outputs; k++) sum += g[row + k] * w[column + k]
    result[at] = sum
  }
  return result
}

function weightGradient(rows: number, x: HostHandle, weight: HostHandle, g: Float64Array): Float64Array {
  const [features, outputs] = weight.shape
  const input = valuesOf(x)
  const result = new Float64Array(features * outputs)
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < features; i++) {
      const value = input[r * features + i]
      if (value === 0) continue
      for (let k = 0; k < outputs; k++) result[i * outputs + k] += value * g[r * outputs + k]
    }
  }
  return result
}
