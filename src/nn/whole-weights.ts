/** How weights are stored as whole numbers. */
export type WholeType = 'int8' | 'int16'

/** The largest whole number of each type; the smallest is its negative. */
const largest: { readonly [type in WholeType]: number } = { int8: 127, int16: 32767 }

/**
 * Weights as whole numbers, and what those of each output channel are multiplied by.
 * @param values of a weight whose last axis are its `channels`
 */
export function wholeWeights(
  values: ArrayLike<number>,
  channels: number,
  type: WholeType,
): { whole: Float64Array; scale: Float64Array } {
  const most = new Float64Array(channels)
  for (let i = 0; i < values.length; i++) most[i % channels] = Math.max(most[i % channels], Math.abs(values[i]))
  const scale = most.map((size) => Math.fround((size || 1) / largest[type]))
  return { whole: Float64Array.from(values, (value, i) => Math.round(value / scale[i % channels])), scale }
}

/** The same weights as the numbers that a program computes with: whole numbers times their scale. */
export function roundedWeights(values: ArrayLike<number>, channels: number, type: WholeType): Float64Array {
  const { whole, scale } = wholeWeights(values, channels, type)
  return whole.map((value, i) => Math.fround(value * scale[i % channels]))
}
