import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { differingOption, hashedOptions, mayChange } from './identity.ts'
import { recordedSchema, runSettings, type SettingName, type TrainingOptions } from './run-settings.ts'

const options = (changes: object = {}): TrainingOptions => recordedSchema.parse(changes)

/** Another value than the usual one, for every option. */
const others: { readonly [name in SettingName]?: unknown } = {
  hidden: [8],
  neuronOptions: { tau: 3 },
  protocol: 'clif-2024',
  windowUs: 5,
  frameSize: '8x8',
  surfaceUs: 5,
  hotPixelHz: 6,
  refractoryUs: 7,
  denoiseUs: 4,
  sensor: '9x9',
  layout: 'dvs128',
  imageSize: '3x3',
  name: 'a',
  freeze: ['*'],
  exchange: ['2:lif'],
  classWeights: ['balanced'],
  augment: ['flip'],
}

test('what decides the numbers tells runs apart, and may not change when one goes on; all else may', () => {
  for (const name of Object.keys(runSettings) as SettingName[]) {
    const { decides } = runSettings[name]
    const before = (options() as Record<string, unknown>)[name]
    const now = others[name] ?? (typeof before === 'number' ? before + 1 : 'other')
    const numbers = decides === 'numbers'
    expect(differingOption(options(), { ...options(), [name]: now } as TrainingOptions), name).toBe(
      numbers ? name : undefined,
    )
    expect(mayChange(name, before, now), name).toBe(!numbers || name === 'epochs')
  }
  expect(mayChange('epochs', 5, 4)).toBe(false)
  expect(mayChange('T', 4, 4)).toBe(true)
})

test('options of a file and of a program are the same options', () => {
  expect(differingOption(options({ neuronOptions: undefined }), JSON.parse(JSON.stringify(options())))).toBeUndefined()
})

test('a run of version 0.1 keeps its hash', () => {
  const run = { model: 'snn5', neuron: 'lif', lr: 0.1, weightDecay: 5e-5, threads: 3, cache: 'c', checkpointEvery: 9 }
  const entries = Object.entries(hashedOptions(options(run))).sort(([a], [b]) => (a < b ? -1 : 1))
  expect(entries.map(([name]) => name).join(' ')).toBe(
    'T accumulate augment backend batch bpttKind dropout epochs exchange frameValues frames freeze labelSmoothing loss ' +
      'lr model momentum normalisation optimiser precision schedule scheduleEpochs seed simd validation warmup weightDecay',
  )
  const text = JSON.stringify(Object.fromEntries(entries))
  expect(createHash('sha256').update(text).digest('hex').slice(0, 10)).toMatchInlineSnapshot(`"4e7651753a"`)
})
