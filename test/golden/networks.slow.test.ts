import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createWasm } from '../../src/backends/wasm/index.ts'
import { checkGolden } from '../../src/checks/golden/index.ts'
import { readSafetensors, writeSafetensors } from '../../src/interop/index.ts'

function read(name: string) {
  const path = new URL(`./networks/network-${name}-f64.safetensors`, import.meta.url)
  return readSafetensors(new Uint8Array(readFileSync(path)), name)
}

/** Every update of one network; the others are in the long suite. */
describe('snn5 against PyTorch', () => {
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
})
