import type { Scope } from '../autograd/index.ts'
import { sizeOf } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { groupNorm } from './group-norm.ts'
import { reshape } from './reshape.ts'

/**
 * Every sample and step by itself: its values, or those of each of its places, less their mean and divided by their
 * deviation, times a weight and plus a bias.
 * @param x [T, N, H, W, C] or [T, N, C]
 * @param weight and bias, of the shape of what is normalised together: [C] for each place, [H, W, C] for whole frames
 * @throws ShapeError
 * @see Ba, Kiros and Hinton, Layer normalization, 2016
 */
export function layerNorm(scope: Scope, x: Tensor, weight: Tensor, bias: Tensor, eps = 1e-5): Tensor {
  const size = sizeOf(weight.shape)
  const rows = reshape(scope, x, [x.shape[0], sizeOf(x.shape.slice(1)) / size, size])
  const [w, b] = [reshape(scope, weight, [size]), reshape(scope, bias, [size])]
  const normal = groupNorm(scope, rows, w, b, 1, eps)
  const result = reshape(scope, normal, x.shape)
  if (!scope.tape) for (const made of [rows, w, b, normal]) scope.backend.release(made.handle)
  return result
}
