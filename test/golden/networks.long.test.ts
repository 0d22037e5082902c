import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Backend } from '../../src/backends/index.ts'
import { createWasm } from '../../src/backends/wasm/index.ts'
import { checkGolden } from '../../src/checks/golden/index.ts'
import { readSafetensors, writeSafetensors } from '../../src/interop/index.ts'

function read(name: string) {
  const path = new URL(`./networks/network-${name}-f64.safetensors`, import.meta.url)
  return readSafetensors(new Uint8Array(readFileSync(path)), name)
}

describe('snn5 against PyTorch', () => {
  for (const neuron of ['clif', 'lif', 'plif'])
    test(`${neuron}: every update to 1e-8`, async () => {
      const result = await checkGolden(neuron, read(`snn5-${neuron}`), null)
      expect(result.line).toMatch(/^ok /)
    })

  test('the wasm backend, from end to end and operation by operation', async () => {
    const result = await checkGolden('clif', read('snn5-clif'), createWasm)
    expect(result.line).toMatch(/^ok .*wasm end to end logits \S+, losses \S+, flipped spikes 0; .*wrong 0$/)
  })

  test('a wrong value is found and named', async () => {
    const file = read('snn5-lif')
    const norms = file.tensors.get('gradient_norms')?.values as Float64Array
    norms[3] *= 1 + 1e-6
    const result = await checkGolden('lif', readSafetensors(writeSafetensors(file.tensors, file.metadata)), null)
    expect(result.ok).toBe(false)
    expect(result.line).toMatch(/^FAIL lif: .*gradient norms 1\.0e-6 > /)
  })

  test('a wasm backend that is off is found', async () => {
    const createWrong = async () => {
      const backend = await createWasm()
      const linear: Backend['linear'] = (...args) => {
        const output = backend.linear(...args)
        backend.scale(output, 1.001)
        return output
      }
      return { ...backend, linear }
    }
    const result = await checkGolden('clif', read('snn5-clif'), createWrong)
    expect(result.line).toMatch(/^FAIL clif: interpreter [^>]*; wasm end to end logits 1\.0e-3 > .*failed .*linear/)
  })

  test('what the metadata leave out has the default of the generator', async () => {
    const file = read('snn5-lif')
    const { model, neuron } = file.metadata
    const bare = readSafetensors(writeSafetensors(file.tensors, { model, neuron }))
    const result = await checkGolden('lif', bare, null)
    expect(result.line).toMatch(/^ok /)
  })
})
