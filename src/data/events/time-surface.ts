import type { Events, SensorSize } from '../../formats/index.ts'

/**
 * How long ago each pixel had its last event, as exp(-(end - last) / tau): 1 for an event at the end of a frame, 0 where
 * there never was one. What happened in earlier frames fades, and is not forgotten.
 * @param events in the order of their times
 * @param frameOf the frame of event i; those behind the last frame are left out
 * @param endOf when a frame ends, in microseconds
 * @returns [T, H, W, 2]; where several pixels become one, the latest event counts
 * @see Lagorce et al. 2017, HOTS: a hierarchy of event-based time-surfaces
 */
export function timeSurfaces(
  { t, x, y, p, width, height }: Events,
  T: number,
  size: SensorSize,
  tauUs: number,
  frameOf: (i: number) => number,
  endOf: (frame: number) => number,
): Float32Array {
  const places = size.width * size.height * 2
  const values = new Float32Array(T * places)
  const last = new Float64Array(places).fill(Number.NEGATIVE_INFINITY)
  let frame = 0
  const finish = (until: number) => {
    for (; frame < until; frame++) {
      const end = endOf(frame)
      for (let k = 0; k < places; k++) values[frame * places + k] = Math.exp((last[k] - end) / tauUs)
    }
  }
  for (let i = 0; i < t.length; i++) {
    const own = frameOf(i)
    if (own >= T) break
    finish(own)
    const column = Math.floor((x[i] * size.width) / width)
    const row = Math.floor((y[i] * size.height) / height)
    last[(row * size.width + column) * 2 + p[i]] = t[i]
  }
  finish(T)
  return values
}
