import { describe, expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { clif, lif } from '../neurons/index.ts'
import { Conv2d, Flatten, Linear, Network, Sequential, Spiking } from '../nn/index.ts'
import { checkpointBytes, evaluate, loadCheckpoint } from '../train/index.ts'
import { tickingHost, tinyDatasets } from '../train/testing/tiny.ts'
import { runAsLif, table8Values } from './run-as-lif.ts'

const T = 5
const { test: images } = tinyDatasets()

/** A network whose neurons fire although it is untrained. */
async function checkpoint(...neurons: ReturnType<typeof lif>[]) {
  const layers = neurons.flatMap((neuron) => [new Conv2d({ channels: 4, kernelSize: 3 }), new Spiking({ neuron })])
  const layer = new Sequential([...layers, new Flatten(), new Linear({ features: 3 })])
  const net = new Network({ seed: 0, name: 'small', input: [6, 6, 1], layer })
  for (const p of net.parameters()) if (p.path.endsWith('weight')) p.set(p.values.map((value) => 3 * value))
  return checkpointBytes(net, { progress: {} as never, training: {} })
}

async function run(bytes: Uint8Array, options: Partial<Parameters<typeof runAsLif>[2]> = {}) {
  const backend = createInterpreter()
  try {
    return await runAsLif(bytes, images, { backend, host: tickingHost(), T, ...options })
  } finally {
    await backend.close()
  }
}

describe('a trained network run as LIF', () => {
  test('gives Table 8’s columns, each the network with those neurons', async () => {
    const bytes = await checkpoint(clif({ tau: 1.5 }))
    const seen: string[] = []
    const rows = await run(bytes, { progress: (done, total) => seen.push(`${done}/${total}`) })
    expect(rows.map(({ name }) => name)).toEqual([
      'as trained',
      'soft',
      ...table8Values.map((value) => `hard ${value}`),
      ...table8Values.slice(1).map((value) => `leak ${value}`),
    ])
    expect(seen[seen.length - 1]).toBe('13/13')
    // The same weights in a network that was made with the neuron.
    const own = loadCheckpoint(await checkpoint(lif({ tau: 1.5, reset: { hard: -0.08 } }))).net
    const backend = createInterpreter()
    const direct = await evaluate(own, images, { backend, host: tickingHost(), T })
    const row = rows.find(({ name }) => name === 'hard -0.08')
    expect([row?.accuracy, row?.loss, row?.value, row?.reading]).toEqual([direct.accuracy, direct.loss, -0.08, 'hard'])
    expect(new Set(rows.map(({ loss }) => loss)).size).toBeGreaterThan(8)
    await backend.close()
  })

  test('one trained with LIF and a soft reset is as trained under soft reset', async () => {
    const rows = await run(await checkpoint(lif({ threshold: 0.7 })), { readings: ['soft'], values: [0, -0.1] })
    expect(rows.map(({ name }) => name)).toEqual(['as trained', 'soft', 'soft -0.1'])
    expect(rows[1].loss).toBeCloseTo(rows[0].loss, 12)
    expect(rows[2].loss).not.toBeCloseTo(rows[0].loss, 4)
  })

  test('is refused for a network of several neurons', async () => {
    await expect(checkpoint(lif(), clif()).then((bytes) => run(bytes))).rejects.toThrow(/different neurons/)
  })
})
