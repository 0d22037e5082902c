/** Sensors up to this size have a place for every pixel; of larger ones, only pixels with events have one. */
const mostPlaces = 2 ** 22

/** When each pixel had its last event; minus infinity before. */
export function lastTimes(pixels: number): { get(pixel: number): number; set(pixel: number, time: number): void } {
  if (pixels > mostPlaces) {
    const times = new Map<number, number>()
    return {
      get: (pixel) => times.get(pixel) ?? Number.NEGATIVE_INFINITY,
      set: (pixel, time) => times.set(pixel, time),
    }
  }
  const times = new Float64Array(pixels).fill(Number.NEGATIVE_INFINITY)
  return {
    get: (pixel) => times[pixel],
    set(pixel, time) {
      times[pixel] = time
    },
  }
}
