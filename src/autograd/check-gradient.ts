import { createInterpreter } from '../backends/index.ts'
import { hashedUniform, type Shape, sizeOf } from '../base/index.ts'
import { parameterTensor, type Tensor } from '../tensor/index.ts'
import { type Scope, Tape } from './tape.ts'

export interface GradientCheck {
  /** Largest |backward - difference| over all inputs, divided by the largest |difference| (or by 1, if that is less). */
  readonly deviation: number
  /** Of every input: the tape's gradient and the finite difference. */
  readonly inputs: readonly { readonly backward: Float64Array; readonly difference: Float64Array }[]
}

/**
 * Compares backward with central finite differences, in float64, of a random projection of the result.
 * @param f an operation or network, smooth where it is checked
 * @param inputs start values of each tensor that f takes
 */
export async function checkGradient(
  f: (scope: Scope, inputs: readonly Tensor[]) => Tensor,
  inputs: readonly { readonly shape: Shape; readonly values: ArrayLike<number> }[],
  step = 1e-6,
): Promise<GradientCheck> {
  const backend = createInterpreter()
  const start = inputs.map((input) => Float64Array.from(input.values))
  const place = (values: readonly Float64Array[]) =>
    inputs.map((input, i) => parameterTensor(backend.tensor(input.shape, values[i])))

  const tape = new Tape(backend)
  const leaves = place(start)
  const y = f({ backend, tape }, leaves)
  const size = sizeOf(y.shape)
  const weights = size === 1 ? Float64Array.of(1) : hashedUniform(size, 1).map((w) => 2 * w - 1)
  const gradients = tape.backward(y, backend.tensor(y.shape, weights))

  const project = async (values: readonly Float64Array[]) => {
    const result = await backend.read(f({ backend, tape: null }, place(values)).handle)
    return Float64Array.from(result).reduce((sum, value, i) => sum + value * weights[i], 0)
  }
  const checked = []
  for (let k = 0; k < inputs.length; k++) {
    const handle = gradients.get(leaves[k])
    const difference = new Float64Array(start[k].length)
    for (let i = 0; i < difference.length; i++) {
      const moved = (by: number) => start.map((v, j) => (j === k ? v.map((x, n) => (n === i ? x + by : x)) : v))
      difference[i] = ((await project(moved(step))) - (await project(moved(-step)))) / (2 * step)
    }
    const backward = handle ? Float64Array.from(await backend.read(handle)) : new Float64Array(start[k].length)
    checked.push({ backward, difference })
  }
  return { deviation: deviationOf(checked), inputs: checked }
}

function deviationOf(checked: GradientCheck['inputs']): number {
  let size = 1
  let worst = 0
  for (const { backward, difference } of checked) {
    for (let i = 0; i < difference.length; i++) {
      size = Math.max(size, Math.abs(difference[i]))
      worst = Math.max(worst, Math.abs(backward[i] - difference[i]))
    }
  }
  return worst / size
}
