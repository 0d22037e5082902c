import { beforeAll, expect, it } from 'vitest'
import { load } from './load.ts'

let modelLine: (found: unknown) => string
let firingWarning: (found: unknown) => string | null

beforeAll(async () => {
  const module = await load('model-line.mjs')
  modelLine = module.modelLine as typeof modelLine
  firingWarning = module.firingWarning as typeof firingWarning
})

const found = (train: number, infer: number) => ({
  model: 'resnet18',
  batch: 8,
  T: 6,
  threads: 2,
  node: '20.20.2',
  features: ['simd128'],
  peakMb: 469.375,
  train: {
    imagesPerSecond: 6.02749,
    firingRate: train,
    windowRate: 0.17768,
    betweenKernelsSeconds: 0.01234,
    layers: [],
  },
  infer: { imagesPerSecond: 20.70123, firingRate: infer, windowRate: 0.2, layers: [] },
})

it('has these fields, on one line', () => {
  const line = modelLine(found(0.16051, 0.12))
  expect(line).not.toContain('\n')
  expect(JSON.parse(line)).toEqual({
    model: 'resnet18',
    batch: 8,
    T: 6,
    train_images_per_s: 6.027,
    infer_images_per_s: 20.7,
    train_peak_mb: 469.4,
    train_firing_rate: 0.1605,
    infer_firing_rate: 0.12,
    window_rate: 0.1777,
    train_ms_between_kernels: 12.34,
    threads: 2,
    features: ['simd128'],
    node: '20.20.2',
  })
})

it('warns of too few spikes, and says where', () => {
  expect(firingWarning(found(0.16, 0.12))).toBe(null)
  expect(firingWarning(found(0.16, 0.1))).toMatch(/less than 12 % .*\(inference 10\.0 %\)/)
  expect(firingWarning(found(0.119, 0.02))).toContain('(training 11.9 %, inference 2.0 %)')
  expect(firingWarning(found(Number.NaN, 0.2))).toContain('training')
})
