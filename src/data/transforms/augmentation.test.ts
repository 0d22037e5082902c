import { describe, expect, test } from 'vitest'
import { Random } from '../../base/index.ts'
import {
  autoAugment,
  drawMix,
  drawMixes,
  type ImageBuffer,
  imagePipeline,
  isDescribable,
  makeTransform,
  mixBatch,
  randomErasing,
  rollOrRotate,
  type Transform,
  trivialAugmentWide,
} from './index.ts'

const [height, width] = [12, 16]
const picture = (channels = 3): ImageBuffer => ({
  values: Float32Array.from({ length: height * width * channels }, (_, i) =>
    Math.fround(((i * 37 + (i >> 4)) % 256) / 255),
  ),
  spare: new Float32Array(height * width * channels),
  height,
  width,
  channels,
})

function applied(transform: Transform, seed: number, channels = 3): Float32Array {
  const image = picture(channels)
  transform.apply(image, new Random(seed))
  return image.values.slice()
}

describe.each([
  ['AutoAugment, ImageNet', () => autoAugment({ policy: 'imagenet' })],
  ['AutoAugment, CIFAR', () => autoAugment({ policy: 'cifar', interpolation: 'bilinear' })],
  ['TrivialAugmentWide', () => trivialAugmentWide({ interpolation: 'bilinear' })],
  ['random erasing', () => randomErasing({ probability: 1 })],
  ['roll or rotate', () => rollOrRotate({ pixels: 5, degrees: 30 })],
] as const)('%s', (_, make) => {
  test('repeats by its seed, differs by seeds, and is made again from its description', () => {
    const transform = make()
    expect(isDescribable(transform)).toBe(true)
    const again = makeTransform(structuredClone({ name: transform.name, options: transform.options }))
    const results = Array.from({ length: 60 }, (_, seed) => applied(transform, seed))
    results.forEach((result, seed) => {
      expect(applied(again, seed)).toEqual(result)
    })
    expect(new Set(results.map((result) => result.join())).size).toBeGreaterThan(15)
    for (const value of results.flatMap((result) => [...result])) expect(value >= 0 && value <= 1).toBe(true)
  })

  test('takes grey images', () => {
    for (let seed = 0; seed < 40; seed++) expect(applied(make(), seed, 1).length).toBe(height * width)
  })
})

test('random erasing: one rectangle of 2 to 33 % of the image, as often as it should', () => {
  const transform = randomErasing({ probability: 0.3 })
  let erased = 0
  for (let seed = 0; seed < 2000; seed++) {
    const image = { ...picture(1), values: new Float32Array(height * width).fill(1) }
    transform.apply(image, new Random(seed))
    const gone = [...image.values.keys()].filter((i) => image.values[i] === 0)
    if (gone.length === 0) continue
    erased++
    const rows = new Set(gone.map((i) => Math.floor(i / width)))
    const columns = new Set(gone.map((i) => i % width))
    expect(gone.length).toBe(rows.size * columns.size)
    expect(gone.length / image.values.length).toBeLessThan(0.4)
  }
  expect(erased / 2000).toBeGreaterThan(0.25)
  expect(erased / 2000).toBeLessThan(0.35)
  expect(() => randomErasing({ probability: 1.5 })).toThrow(/0 to 1/)
})

test('rolling keeps every pixel', () => {
  const sums = new Set<string>()
  for (let seed = 0; seed < 40; seed++) {
    const values = applied(rollOrRotate({ pixels: 5, degrees: 1e-9 }), seed)
    sums.add([...values].sort().join())
  }
  expect(sums.size).toBe(1)
  expect(() => rollOrRotate({ pixels: 0, degrees: 3 })).toThrow(/at least 1/)
})

describe('mixing', () => {
  const layout = { shape: [height, width, 2] as const }
  const size = height * width * 2

  test('weights follow their distributions', () => {
    const moments = (alpha: number) => {
      const draws = Array.from({ length: 4000 }, (_, i) => drawMix({ mixup: alpha }, layout, new Random(i)).own)
      const mean = draws.reduce((a, b) => a + b) / draws.length
      return [mean, draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length]
    }
    for (const alpha of [0.2, 1, 4]) {
      const [mean, variance] = moments(alpha)
      expect(mean).toBeCloseTo(0.5, 1)
      expect(variance * 4 * (2 * alpha + 1)).toBeCloseTo(1, 1)
    }
  })

  test('a coin decides between the two, and cutmix counts the pixels of its rectangle', () => {
    const mixes = Array.from({ length: 500 }, (_, i) => drawMix({ mixup: 0.2, cutmix: 1 }, layout, new Random(i)))
    const boxes = mixes.flatMap(({ own, box }) => (box ? [{ own, box }] : []))
    expect(Math.abs(boxes.length - 250)).toBeLessThan(50)
    for (const {
      own,
      box: [top, left, bottom, right],
    } of boxes) {
      expect(own).toBeCloseTo(1 - ((bottom - top) * (right - left)) / (height * width), 12)
      expect(top >= 0 && left >= 0 && bottom <= height && right <= width && bottom >= top && right >= left).toBe(true)
    }
  })

  test('each sample takes from the one before it, as that was', () => {
    const values = Float32Array.from({ length: 3 * size }, (_, i) => Math.floor(i / size) + 1)
    mixBatch(values, [{ own: 0.25 }, { own: 1 }, { own: 0, box: [2, 3, 5, 9] }], layout)
    expect(values[0]).toBeCloseTo(0.25 * 1 + 0.75 * 3, 6)
    expect(values[size]).toBe(2)
    const third = values.subarray(2 * size)
    expect(third.filter((value) => value === 2).length).toBe(3 * 6 * 2)
    expect(third[(2 * width + 3) * 2]).toBe(2)
    expect(third[(5 * width + 3) * 2]).toBe(3)
  })

  test('of recordings, all frames are mixed alike', () => {
    const frames = { ...layout, steps: 2 }
    const values = Float32Array.from({ length: 4 * size }, (_, i) => (i < 2 * size ? 1 : 5))
    mixBatch(values, [{ own: 1 }, { own: 0, box: [0, 0, 1, 1] }], frames)
    expect([values[2 * size], values[3 * size], values[2 * size + 2]]).toEqual([1, 1, 5])
  })

  test('seed, epoch and sample alone decide', () => {
    const job = { seed: 3, epoch: 2, indices: Uint32Array.of(7, 1, 9) }
    const [a, b, c] = drawMixes({ mixup: 0.2, cutmix: 1 }, layout, job)
    const [c2, a2] = drawMixes({ mixup: 0.2, cutmix: 1 }, layout, { ...job, indices: Uint32Array.of(9, 7) })
    expect([a2, c2]).toEqual([a, c])
    expect(drawMixes({ mixup: 0.2, cutmix: 1 }, layout, { ...job, epoch: 3 })[1]).not.toEqual(b)
  })

  test('before normalisation, policies leave an untouched image as it was', () => {
    const transform = { ...trivialAugmentWide(), name: 'trivial-augment-wide' }
    const bytes = Uint8Array.from({ length: size * 2 }, (_, i) => (i * 7) % 256)
    const plain = new Float32Array(height * width * 3)
    const shape = [height, width, 3] as const
    imagePipeline({ shape }, [], 1).run(bytes, 0, 0, plain)
    let same = 0
    for (let index = 0; index < 200; index++) {
      const into = new Float32Array(plain.length)
      imagePipeline({ shape }, [transform], 1).run(bytes.subarray(0, plain.length), 0, index, into)
      if (into.every((value, i) => value === plain[i])) same++
    }
    expect(same).toBeGreaterThan(5)
  })
})
