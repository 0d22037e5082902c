import { expect, it } from 'vitest'
import { createWasm } from '../backends/index.ts'
import { defineNeuron, noiseKeys, noiseValue } from '../equations/index.ts'
import { nativeCode } from '../hosts/node/node-native.ts'

const neuron = defineNeuron({ name: 'two', equations: 'a = noise()\ns = noise() + 0 * (x + a)' })()
const noise = { key: 0x12345678, step: 5 }
const shape = [3, 3, 7, 11, 13]
const size = 3 * 7 * 11 * 13

it.each(['wasm', 'avx2', 'avx512'] as const)('noise() has the bits of the reference on %s', async (kind) => {
  const native = kind === 'wasm' ? null : nativeCode(kind)
  if (kind !== 'wasm' && !native) return
  const backend = await createWasm({ native })
  const { output } = backend.neuron(backend.tensor(shape, null), {
    ...{ neuron, T: 3, parameters: [], normalisation: null, state: null, wantState: false, wantBackward: false },
    noise,
  })
  const got = await backend.read(output)
  for (let t = 0; t < 3; t++) {
    const keys = noiseKeys(noise, t, 1, 2)
    for (let i = 0; i < size; i++)
      if (got[t * size + i] !== noiseValue(keys, i))
        expect([t, i, got[t * size + i]]).toEqual([t, i, noiseValue(keys, i)])
  }
  expect(got.some((value) => value > 3)).toBe(true)
  await backend.close()
})
