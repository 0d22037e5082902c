import { Random, UsageError } from '../../base/index.ts'
import { type SampleLayout, sampleValues } from '../datasets/index.ts'

/**
 * How samples of a batch are mixed with each other, and their labels with them: by the weights of a mean (`mixup`), or by
 * a rectangle of one in the other (`cutmix`); with both, a coin decides for each sample.
 */
export interface Mixing {
  /** Both parameters of the Beta distribution of the weight; left out: no mixup. */
  readonly mixup?: number
  /** The same of the rectangle's share; left out: no cutmix. */
  readonly cutmix?: number
}

/** What becomes of one sample: of the sample before it in its batch, it takes this. */
export interface Mix {
  /** Share of the sample's own label, in 0..1. */
  readonly own: number
  /** [top, left, bottom, right] of the rectangle that is the other's; undefined: a mean of all pixels. */
  readonly box?: readonly [number, number, number, number]
}

/** @throws UsageError if a parameter is not positive, or there is none */
export function checkMixing({ mixup, cutmix }: Mixing): void {
  const given = [mixup, cutmix].filter((alpha) => alpha !== undefined)
  if (given.length > 0 && given.every((alpha) => Number.isFinite(alpha) && alpha > 0)) return
  throw new UsageError({
    what: 'mixing: parameters out of range',
    expected: 'mixup, cutmix or both, above 0',
    got: `mixup ${mixup}, cutmix ${cutmix}`,
  })
}

/**
 * Draws what becomes of a sample, from a stream of its own.
 * @see Zhang et al. 2018, mixup; Yun et al. 2019, CutMix
 */
export function drawMix({ mixup, cutmix }: Mixing, { shape: [height, width] }: SampleLayout, random: Random): Mix {
  const coin = random.uniform()
  if (cutmix === undefined || (mixup !== undefined && coin < 0.5)) return { own: beta(mixup!, random) }
  const side = Math.sqrt(1 - beta(cutmix, random)) / 2
  const [x, y] = [random.below(width), random.below(height)]
  const [across, down] = [Math.trunc(side * width), Math.trunc(side * height)]
  const box = [
    Math.max(0, y - down),
    Math.max(0, x - across),
    Math.min(height, y + down),
    Math.min(width, x + across),
  ] as const
  return { own: 1 - ((box[2] - box[0]) * (box[3] - box[1])) / (height * width), box }
}

/** Draws what becomes of each sample of a batch; seed, epoch and the sample alone decide. */
export function drawMixes(
  mixing: Mixing,
  layout: SampleLayout,
  job: { seed: number; epoch: number; indices: Uint32Array },
): Mix[] {
  const random = new Random(job.seed).fork('mixing').fork(job.epoch)
  return Array.from(job.indices, (index) => drawMix(mixing, layout, random.fork(index)))
}

/**
 * Mixes the samples of a batch in place, each with the one before it as that was; the first with the last.
 * @param values [N, (T,) H, W, C]
 * @param mixes one a sample
 */
export function mixBatch(values: Float32Array, mixes: readonly Mix[], layout: SampleLayout): void {
  const size = sampleValues(layout)
  const last = values.slice((mixes.length - 1) * size, mixes.length * size)
  for (let k = mixes.length - 1; k >= 0; k--) {
    const own = values.subarray(k * size, (k + 1) * size)
    mixSample(own, k === 0 ? last : values.subarray((k - 1) * size, k * size), mixes[k], layout.shape)
  }
}

function mixSample(
  own: Float32Array,
  other: Float32Array,
  { own: share, box }: Mix,
  shape: SampleLayout['shape'],
): void {
  if (!box) {
    for (let i = 0; i < own.length; i++) own[i] = share * own[i] + (1 - share) * other[i]
    return
  }
  const [height, width, channels] = shape
  const [top, left, bottom, right] = box
  for (let frame = 0; frame < own.length; frame += height * width * channels) {
    for (let y = top; y < bottom; y++) {
      const row = frame + y * width * channels
      own.set(other.subarray(row + left * channels, row + right * channels), row + left * channels)
    }
  }
}

/** A number of the distribution Beta(alpha, alpha). */
function beta(alpha: number, random: Random): number {
  if (alpha === 1) return random.uniform()
  if (alpha < 1) return johnk(alpha, random)
  const [a, b] = [gamma(alpha, random), gamma(alpha, random)]
  return a / (a + b)
}

/** Jöhnk's method, for parameters below 1. */
function johnk(alpha: number, random: Random): number {
  for (;;) {
    const a = random.uniform() ** (1 / alpha)
    const b = random.uniform() ** (1 / alpha)
    if (a + b > 0 && a + b <= 1) return a / (a + b)
  }
}

/** Marsaglia and Tsang's method, for parameters above 1. */
function gamma(alpha: number, random: Random): number {
  const d = alpha - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v
  }
}
