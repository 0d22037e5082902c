/** Sizes of the axes, outermost first. Sequences are [T, N, H, W, C] or [T, N, C]. */
export type Shape = readonly number[]

/** Number of values in a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const axis of shape) size *= axis
  return size
}

/** `[6, 8, 32, 32, 64]`, as errors and summaries print it. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i])
}
