import { adamW, elementsPerTask, sgd, sumOfSquares } from '../../codegen/index.ts'
import type { AdamWOptions, LossOptions, SgdOptions } from '../backend.ts'
import { lossValues } from '../loss-values.ts'
import { floatWord } from './crew.ts'
import type { Machine } from './machine.ts'
import type { WasmTensor } from './tensors.ts'

export function runLoss(m: Machine, logits: WasmTensor, targets: WasmTensor, options: LossOptions) {
  const values = (x: WasmTensor) => ({ shape: x.shape, values: Float64Array.from(m.tensors.floats(x)) })
  const { value, gradient } = lossValues(values(logits), values(targets), options)
  const loss = m.tensors.make('dense', [1])
  m.tensors.floats(loss)[0] = value
  const made = m.tensors.make('dense', logits.shape)
  m.tensors.floats(made).set(gradient)
  return { loss, gradient: made }
}

/** Whether all values of the guards of an update are finite. */
export function allFinite(m: Machine, guards: readonly WasmTensor[]): boolean {
  return guards.every((guard) => m.tensors.floats(guard).every(Number.isFinite))
}

export function runSgd(
  m: Machine,
  parameter: WasmTensor,
  gradient: WasmTensor,
  velocity: WasmTensor | null,
  o: SgdOptions,
) {
  m.overElements(m.kernel('sgd', sgd), parameter.size, [
    parameter.address,
    gradient.address,
    velocity?.address ?? 0,
    floatWord(o.learningRate),
    floatWord(o.momentum),
    floatWord(o.weightDecay),
    floatWord(o.nesterov ? 1 : 0),
  ])
}

export function runAdamW(
  m: Machine,
  parameter: WasmTensor,
  gradient: WasmTensor,
  first: WasmTensor,
  second: WasmTensor,
  o: AdamWOptions,
) {
  const stepSize = o.learningRate / (1 - o.beta1 ** o.update)
  const correction = 1 / Math.sqrt(1 - o.beta2 ** o.update)
  m.overElements(m.kernel('adamW', adamW), parameter.size, [
    parameter.address,
    gradient.address,
    first.address,
    second.address,
    floatWord(1 - o.learningRate * o.weightDecay),
    floatWord(o.beta1),
    floatWord(o.beta2),
    floatWord(stepSize),
    floatWord(correction),
    floatWord(o.eps),
    floatWord(1 - o.beta1),
    floatWord(1 - o.beta2),
  ])
}

/** Sum of squares of all values, float64. */
export function squaredNorm(m: Machine, x: WasmTensor): number {
  const tasks = Math.ceil(x.size / elementsPerTask)
  return m.scratch(8 * tasks, (target) => {
    m.overElements(m.kernel('sum of squares', sumOfSquares), x.size, [x.address, target])
    let sum = 0
    for (let i = 0; i < tasks; i++) sum += m.crew.view.f64[target / 8 + i]
    return sum
  })
}
