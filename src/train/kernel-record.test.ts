import { expect, it } from 'vitest'
import { FormatError } from '../base/index.ts'
import { type KernelRecord, kernelRecord, kernelWarning } from './kernel-record.ts'

const choice = { layer: 'a', pass: 'forward', kernels: 'events', tile: 4, rate: 0.1, predicted: null } as const
const record: KernelRecord = { features: ['wasm', 'simd128'], choices: [choice] }

const bad = (change: object) => JSON.stringify({ ...record, choices: [{ ...choice, ...change }] })

it('is read back as it was written', () => {
  expect(kernelRecord(JSON.stringify(record), 'kernels.json')).toEqual(record)
})

it.each([
  '{',
  '{}',
  '{"features":["a"],"choices":[{"layer":1}]}',
  '[]',
  bad({ tile: 0.5 }),
  bad({ tile: 2 ** 29 }),

  bad({ pass: 'sideways' }),
])('%s is refused, by the name of its file', (text) => {
  expect(() => kernelRecord(text, 'some/kernels.json')).toThrow(FormatError)
  expect(() => kernelRecord(text, 'some/kernels.json')).toThrow('some/kernels.json')
})

it('warns of other features and of other choices, and not of more choices', () => {
  expect(kernelWarning(record, record)).toBeNull()
  expect(kernelWarning(record, { ...record, features: ['wasm', 'simd128', 'avx512'] })).toContain('avx512')
  expect(kernelWarning(record, { ...record, choices: [{ ...choice, kernels: 'dense' }] })).toContain('forward of a')
  expect(kernelWarning(record, { ...record, choices: [{ ...choice, tile: 8 }] })).toContain('events by 4')
  expect(kernelWarning(record, { ...record, choices: [choice, { ...choice, layer: 'b' }] })).toBeNull()
})
