import type { Events } from '../../formats/index.ts'
import { type DecodedImage, writePng } from '../../formats/index.ts'
import type { Dataset } from '../datasets/index.ts'

/** One sample as a preview shows it. */
export interface PreviewSample {
  readonly label: string
  readonly width: number
  readonly height: number
  /** A PNG file: an image, or of a recording, its frames side by side. */
  readonly png: Uint8Array
  /** Frames in the PNG; 1 for an image. */
  readonly frames: number
  readonly durationUs?: number
  /** Events a second over time: microseconds and rate. */
  readonly rate?: readonly (readonly [us: number, perSecond: number])[]
}

/** Numbers of up to `count` samples, as many of each class as can be had, in the order of classes. */
export function sampleChoice(labels: readonly number[], classes: number, count: number): number[] {
  const byClass: number[][] = Array.from({ length: classes }, () => [])
  for (const [i, label] of labels.entries()) byClass[label].push(i)
  const chosen: number[] = []
  for (let round = 0; chosen.length < count && byClass.some((list) => list.length > round); round++) {
    for (const list of byClass) if (round < list.length && chosen.length < count) chosen.push(list[round])
  }
  return chosen.sort((a, b) => labels[a] - labels[b] || a - b)
}

/** An image of a data set. */
export function imageSample(dataset: Dataset, i: number): PreviewSample {
  const [height, width, channels] = dataset.shape
  const pixels = new Uint8Array(width * height * channels)
  dataset.image(i, pixels)
  const image: DecodedImage = { width, height, channels, pixels }
  return { label: dataset.classes[dataset.label(i)], width, height, png: writePng(image), frames: 1 }
}

const strip = 48
const bins = 60

/** Pixels of a picture's longer side: larger sensors are drawn smaller, several pixels as one. */
const longestSide = 352

/** A recording, as 48 pictures of equal time: brighter events in one colour, darker ones in another, both in a third. */
export function recordingSample(events: Events, label: string): PreviewSample {
  const { t, x, y, p } = events
  const shrink = Math.ceil(Math.max(events.width, events.height) / longestSide)
  const [width, height] = [Math.ceil(events.width / shrink), Math.ceil(events.height / shrink)]
  const first = t.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY)
  const last = t.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY)
  const durationUs = t.length > 0 ? last - first : 0
  const seen = new Uint8Array(width * height * strip)
  const counts = new Float64Array(bins)
  for (let i = 0; i < t.length; i++) {
    const share = durationUs > 0 ? (t[i] - first) / durationUs : 0
    const frame = Math.min(strip - 1, Math.floor(share * strip))
    counts[Math.min(bins - 1, Math.floor(share * bins))]++
    seen[(Math.floor(y[i] / shrink) * strip + frame) * width + Math.floor(x[i] / shrink)] |= 1 + p[i]
  }
  const pixels = new Uint8Array(3 * seen.length).fill(16)
  for (let i = 0; i < seen.length; i++) if (seen[i] > 0) pixels.set(colours[seen[i] - 1], 3 * i)
  const binUs = durationUs / bins
  const rate = Array.from(counts, (count, k) => [(k + 0.5) * binUs, binUs > 0 ? (1e6 * count) / binUs : 0] as const)
  const png = writePng({ width: width * strip, height, channels: 3, pixels })
  return { label, width, height, png, frames: strip, durationUs, rate }
}

/** Darker, brighter, both. */
const colours = [
  [86, 156, 255],
  [255, 178, 62],
  [240, 240, 240],
] as const
