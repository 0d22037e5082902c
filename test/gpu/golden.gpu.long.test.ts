import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Comparison, createComparing, createInterpreter } from '../../src/backends/index.ts'
import { referenceOf, runNetwork } from '../../src/checks/golden/index.ts'
import { readSafetensors } from '../../src/interop/index.ts'
import { createGpu } from './adapter.ts'

/** `npm run golden -- --backend webgpu` has every update and the large networks; this is its quick end. */
test.each(['clif', 'plif'])('snn5 with %s, the first update, operation by operation', async (neuron) => {
  const path = new URL(`../golden/networks/network-snn5-${neuron}-f64.safetensors`, import.meta.url)
  const reference = referenceOf(neuron, readSafetensors(new Uint8Array(readFileSync(path))))
  const seen: Comparison[] = []
  const backend = createComparing(createInterpreter(), await createGpu(), (comparison) => seen.push(comparison))
  await runNetwork(reference, backend, 1)
  await backend.finish()
  await backend.close()
  expect(seen.filter((comparison) => !comparison.ok)).toEqual([])
  expect(seen.length).toBeGreaterThan(70)
  expect(seen.reduce((sum, { spikes }) => sum + (spikes?.wrong ?? 0), 0)).toBe(0)
})
