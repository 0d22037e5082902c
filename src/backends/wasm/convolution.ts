import { closeWindows } from '../../codegen/index.ts'
import type { Conv2dOptions, InputGradient } from '../backend.ts'
import type { Pass } from '../kernel-choice.ts'
import { denseForward, denseInputGradient, denseWeightGradient } from './dense-convolution.ts'
import { eventForwardInto } from './event-forward.ts'
import { eventInputGradientInto } from './event-input-gradient.ts'
import { eventWeightGradientInto } from './event-weight-gradient.ts'
import { type Geometry, geometryOf } from './geometry.ts'
import type { Machine } from './machine.ts'
import { sumColumns } from './normalisation.ts'
import { addInto, countBytes, withNumbers } from './sequence.ts'
import type { WasmTensor } from './tensors.ts'

/** Whether event kernels can read x: spikes or counts of them, channels in whole groups of four. */
function hasEvents(x: WasmTensor, g: Geometry): boolean {
  return x.kind !== 'dense' && (g.channels / g.groups) % 4 === 0
}

const hasWholeOutputs = (g: Geometry): boolean => (g.outputs / g.groups) % 4 === 0

/** Spikes, or open windows, per value of x. */
function rateOf(m: Machine, x: WasmTensor, pass: Pass): number {
  const { spikes, windows } = countBytes(m, x, x.levels)
  return (pass === 'input gradient' ? windows : spikes) / x.size
}

/** The event kernels' tile for a pass over spikes that could take either kernels; null where dense ones are better. */
function eventTile(m: Machine, pass: Pass, g: Geometry, x: WasmTensor): number | null {
  const { kernels, tile } = m.choices.choose(pass, g, () => rateOf(m, x, pass))
  return kernels === 'events' ? tile : null
}

export function convolution(
  m: Machine,
  x: WasmTensor,
  weight: WasmTensor,
  bias: WasmTensor | null,
  residual: WasmTensor | null,
  options: Conv2dOptions,
  normalised: boolean,
): WasmTensor {
  const g = geometryOf(x, weight, options)
  const steps = Math.max(x.shape[0], residual?.shape[0] ?? 1)
  const shape = [x.shape[0], x.shape[1], g.outHeight, g.outWidth, g.outputs]
  const output = m.tensors.make('dense', shape)
  const tile = steps === x.shape[0] && hasEvents(x, g) ? eventTile(m, 'forward', g, x) : null
  if (tile !== null) {
    const run = (past: WasmTensor | null) => eventForwardInto(m, g, x, weight, bias, past, output, tile, normalised)
    if (residual?.kind === 'counts') withNumbers(m, residual, run)
    else run(residual)
    return output
  }
  denseForward(m, g, x, weight, bias, output)
  if (!residual) return output
  if (residual.shape[0] === x.shape[0]) {
    addInto(m, output, residual, output)
    return output
  }
  // Not in place: a step's sum may write past its end, into what the next step adds to.
  const repeated = m.tensors.make('dense', [steps, ...shape.slice(1)])
  addInto(m, output, residual, repeated)
  m.tensors.release(output)
  return repeated
}

/** Sums of the gradient's columns. */
function biasGradient(m: Machine, gradient: WasmTensor, outputs: number): WasmTensor {
  const { sums } = sumColumns(m, gradient, 1, outputs)
  const made = m.tensors.make('dense', [outputs])
  m.tensors.floats(made).set(sums)
  return made
}

function weightGradient(m: Machine, g: Geometry, x: WasmTensor, weight: WasmTensor, gradient: WasmTensor): WasmTensor {
  const result = m.tensors.make('dense', weight.shape)
  const tile = hasEvents(x, g) && hasWholeOutputs(g) ? eventTile(m, 'weight gradient', g, x) : null
  if (tile !== null) eventWeightGradientInto(m, g, x, gradient, result, tile)
  else {
    m.zero(result)
    denseWeightGradient(m, g, x, gradient, result)
  }
  return result
}

function inputGradient(
  m: Machine,
  g: Geometry,
  x: WasmTensor,
  weight: WasmTensor,
  gradient: WasmTensor,
  want: 'open' | 'full',
): WasmTensor {
  const result = m.tensors.make('dense', x.shape)
  const openOnly = want === 'open' && x.kind !== 'dense'
  const tile = openOnly && hasEvents(x, g) && hasWholeOutputs(g) ? eventTile(m, 'input gradient', g, x) : null
  if (tile !== null) {
    eventInputGradientInto(m, g, x, weight, gradient, result, tile)
    return result
  }
  denseInputGradient(m, g, weight, gradient, result)
  if (openOnly) m.overElements(m.kernel('close windows', closeWindows), x.size, [x.address, result.address])
  return result
}

export function convolutionBackward(
  m: Machine,
  x: WasmTensor,
  weight: WasmTensor,
  gradient: WasmTensor,
  options: Conv2dOptions,
  want: { input: InputGradient; weight: boolean; bias: boolean },
): { input: WasmTensor | null; weight: WasmTensor | null; bias: WasmTensor | null } {
  const g = geometryOf(x, weight, options)
  return {
    weight: want.weight ? weightGradient(m, g, x, weight, gradient) : null,
    input: want.input === 'none' ? null : inputGradient(m, g, x, weight, gradient, want.input),
    bias: want.bias ? biasGradient(m, gradient, g.outputs) : null,
  }
}
