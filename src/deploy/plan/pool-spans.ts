import type { Span } from './plan.ts'

/** What each place of a pool's output covers along one axis, inside the image. */
export function slidingSpans(size: number, kernel: number, stride: number, padding: number): Span[] {
  const count = Math.floor((size + 2 * padding - kernel) / stride) + 1
  return Array.from({ length: count }, (_, i) => {
    const from = i * stride - padding
    return { from: Math.max(0, from), to: Math.min(size, from + kernel) }
  })
}

/** The same of a pool whose output has a given size. */
export function adaptiveSpans(size: number, count: number): Span[] {
  return Array.from({ length: count }, (_, i) => ({
    from: Math.floor((i * size) / count),
    to: Math.ceil(((i + 1) * size) / count),
  }))
}
