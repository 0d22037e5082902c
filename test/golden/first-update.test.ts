import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createInterpreter } from '../../src/backends/index.ts'
import { referenceOf, runNetwork } from '../../src/checks/golden/index.ts'
import { readSafetensors } from '../../src/interop/index.ts'

/** The quick end of the comparison with PyTorch; the slow suite has the rest. */
test('snn5 with CLIF: logits, firing rates, gradients and loss of the first update', async () => {
  const path = new URL('./networks/network-snn5-clif-f64.safetensors', import.meta.url)
  const reference = referenceOf('snn5-clif', readSafetensors(new Uint8Array(readFileSync(path))))
  const values = await runNetwork(reference, createInterpreter(), 1)
  const { logits, gradient_norms: norms, firing_rates: rates, losses } = reference.tensors
  expect(Math.abs(values.losses[0] - losses[0])).toBeLessThan(1e-12)
  values.logits.forEach((value, i) => {
    expect(Math.abs(value - logits[i])).toBeLessThan(1e-10)
  })
  values.firingRates.forEach((value, i) => {
    expect(Math.abs(value - rates[i])).toBeLessThan(1e-12)
  })
  values.gradientNorms.forEach((value, i) => {
    expect(Math.abs(value - norms[i])).toBeLessThan(1e-10)
  })
})
