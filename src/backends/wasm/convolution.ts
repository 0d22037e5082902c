import { closeWindows } from '../../codegen/index.ts'
import type { Conv2dOptions, InputGradient } from '../backend.ts'
import { denseForward, denseInputGradient, denseWeightGradient } from './dense-convolution.ts'
import { eventConvolution, eventInputGradientInto, eventWeightGradientInto } from './event-convolution.ts'
import { type Geometry, geometryOf } from './geometry.ts'
import type { Machine } from './machine.ts'
import { sumColumns } from './normalisation.ts'
import { addInto } from './sequence.ts'
import type { WasmTensor } from './tensors.ts'

/** Whether the event kernels can read x: spikes, channels in whole groups of four. */
function takesEvents(x: WasmTensor, g: Geometry): boolean {
  return x.kind === 'spikes' && (g.channels / g.groups) % 4 === 0
}

export function convolution(
  m: Machine,
  x: WasmTensor,
  weight: WasmTensor,
  bias: WasmTensor | null,
  residual: WasmTensor | null,
  options: Conv2dOptions,
): WasmTensor {
  const g = geometryOf(x, weight, options)
  const steps = Math.max(x.shape[0], residual?.shape[0] ?? 1)
  const shape = [x.shape[0], x.shape[1], g.outHeight, g.outWidth, g.outputs]
  const output = m.tensors.make('dense', shape)
  if (steps === x.shape[0] && takesEvents(x, g)) {
    eventConvolution(m, g, x, weight, bias, residual, output)
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

export function convolutionBackward(
  m: Machine,
  x: WasmTensor,
  weight: WasmTensor,
  gradient: WasmTensor,
  options: Conv2dOptions,
  want: { input: InputGradient; weight: boolean; bias: boolean },
): { input: WasmTensor | null; weight: WasmTensor | null; bias: WasmTensor | null } {
  const g = geometryOf(x, weight, options)
  let weightResult: WasmTensor | null = null
  if (want.weight) {
    weightResult = m.tensors.make('dense', weight.shape)
    if (takesEvents(x, g) && (g.outputs / g.groups) % 4 === 0) eventWeightGradientInto(m, g, x, gradient, weightResult)
    else {
      m.zero(weightResult)
      denseWeightGradient(m, g, x, gradient, weightResult)
    }
  }
  let input: WasmTensor | null = null
  if (want.input !== 'none') {
    input = m.tensors.make('dense', x.shape)
    if (want.input === 'open' && takesEvents(x, g) && (g.outputs / g.groups) % 4 === 0) {
      eventInputGradientInto(m, g, x, weight, gradient, input)
    } else {
      denseInputGradient(m, g, weight, gradient, input)
      if (want.input === 'open' && x.kind === 'spikes') {
        m.overElements(m.kernel('close windows', closeWindows), x.size, [x.address, input.address])
      }
    }
  }
  return { input, weight: weightResult, bias: want.bias ? biasGradient(m, gradient, g.outputs) : null }
}
