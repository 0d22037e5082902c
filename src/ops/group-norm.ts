import type { Scope } from '../autograd/index.ts'
import { ShapeError, shapeText, sizeOf } from '../base/index.ts'
import { defineNeuron } from '../equations/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { add } from './add.ts'
import { multiply, scale } from './multiply.ts'
import { pool } from './pool.ts'
import { reshape } from './reshape.ts'
import { spiking } from './spiking.ts'

const inverseRoot = defineNeuron({ name: 'inverseRoot', constants: { eps: 1e-5 }, equations: 's = 1 / sqrt(x + eps)' })

const affine = defineNeuron({
  name: 'affine',
  learnable: { weight: { start: 1, per: 'channel' }, bias: { start: 0, per: 'channel' } },
  equations: 's = weight * x + bias',
})()

/**
 * Every sample and step by itself: channels in groups, each group less its mean over channels and places, divided by its
 * deviation, times a weight and plus a bias for each channel.
 * @param x [T, N, H, W, C] or [T, N, C]
 * @param weight and bias, [C]
 * @param groups a divisor of C; 1 takes all channels together
 * @throws ShapeError
 * @see Wu and He, Group normalization, ECCV 2018
 */
export function groupNorm(scope: Scope, x: Tensor, weight: Tensor, bias: Tensor, groups: number, eps = 1e-5): Tensor {
  const C = x.shape[x.shape.length - 1]
  if (C % groups !== 0)
    throw new ShapeError({
      what: 'channels cannot be normalised in such groups',
      expected: `a multiple of ${groups} channels`,
      got: shapeText(x.shape),
    })
  const [T, N, ...frame] = x.shape
  const places = sizeOf(frame) / C
  const made: Tensor[] = []
  const note = (tensor: Tensor) => {
    made.push(tensor)
    return tensor
  }
  const size = [places, C / groups] as const
  const meanOf = (of: Tensor) => {
    const means = note(pool(scope, of, { kind: 'average', kernel: size, stride: size, padding: [0, 0] }))
    return means
  }
  const everywhere = (of: Tensor) => note(pool(scope, of, { kind: 'adaptiveAverage', size: [places, C] }))
  const map = (of: Tensor, neuron: typeof affine, parameters: readonly Tensor[]) =>
    spiking(scope, of, { neuron, T, parameters, normalisation: null, state: null, wantState: false }).output
  const rows = note(reshape(scope, x, [T, N, places, C, 1]))
  const centred = note(add(scope, rows, note(scale(scope, everywhere(meanOf(rows)), -1))))
  const variance = meanOf(note(multiply(scope, centred, centred)))
  const normal = note(multiply(scope, centred, everywhere(note(map(variance, inverseRoot({ eps }), [])))))
  const result = map(note(reshape(scope, normal, x.shape)), affine, [weight, bias])
  if (!scope.tape) for (const tensor of made) scope.backend.release(tensor.handle)
  return result
}
