import type { SafetensorsTensor } from '../safetensors.ts'

/** A weight's length by channel and its direction, as weight_norm names them in old and in new PyTorch. */
const normPairs = [
  [/^(.*)weight_g$/, (m: string) => `${m}weight_v`, (m: string) => `${m}weight`],
  [
    /^(.*)parametrizations\.weight\.original0$/,
    (m: string) => `${m}parametrizations.weight.original1`,
    (m: string) => `${m}weight`,
  ],
] as const

/** Tensors with the weights that pairs of weight_norm stand for: w = g v / |v|. */
export function withMergedNorms(tensors: ReadonlyMap<string, SafetensorsTensor>): Map<string, SafetensorsTensor> {
  const merged = new Map(tensors)
  for (const [name, length] of tensors) {
    for (const [pattern, directionOf, weightOf] of normPairs) {
      const [, front] = pattern.exec(name) ?? []
      const direction = front === undefined ? undefined : tensors.get(directionOf(front))
      const weight = direction && mergedWeight(length, direction)
      if (!weight || merged.has(weightOf(front))) continue
      merged.delete(name)
      merged.delete(directionOf(front))
      merged.set(weightOf(front), weight)
    }
  }
  return merged
}

/** g v / |v|, where g has an axis of size 1 for each over which the norm is taken. */
function mergedWeight(length: SafetensorsTensor, direction: SafetensorsTensor): SafetensorsTensor | undefined {
  const { shape } = direction
  const [g, v] = [length.values, direction.values].map((values) =>
    Float64Array.from(values as ArrayLike<number>, Number),
  )
  const isOne = length.shape.length === 0
  if (!isOne && length.shape.length !== shape.length) return undefined
  if (!isOne && length.shape.some((size, axis) => size !== 1 && size !== shape[axis])) return undefined
  const groupOf = (i: number) => {
    let [group, rest] = [0, i]
    for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
      const at = rest % shape[axis]
      rest = Math.floor(rest / shape[axis])
      if (isOne || length.shape[axis] === 1) continue
      group += at * stride
      stride *= shape[axis]
    }
    return group
  }
  const squares = new Float64Array(g.length)
  for (const [i, value] of v.entries()) squares[groupOf(i)] += value * value
  const values = Float32Array.from(v, (value, i) => (g[groupOf(i)] * value) / Math.sqrt(squares[groupOf(i)]))
  return { dtype: 'F32', shape, values }
}
