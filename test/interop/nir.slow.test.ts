import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWasm } from '../../src/backends/index.ts'
import { hashedUniform, sizeOf } from '../../src/base/index.ts'
import { networkToNir, writeNir } from '../../src/interop/index.ts'
import { modelNamed } from '../../src/models/index.ts'
import { integrateFire, leakyReadout, lif } from '../../src/neurons/index.ts'
import { Conv2d, type Graph, Linear, Network, Residual, Sequential, Spiking } from '../../src/nn/index.ts'
import { tensorOf } from '../../src/tensor/index.ts'

const program = fileURLToPath(new URL('run_nir_graph.py', import.meta.url))
const isHere = spawnSync('python3', ['-c', 'import nir, numpy, h5py; nir.read']).status === 0
const dt = 0.001
const T = 4
const hard = { reset: 'hard' } as const

function own(name: string, input: number[], layer: Sequential | Graph): Network {
  return new Network({ name, input, layer, seed: 4 })
}

/** Networks by name; every form that an export can take is in one of them. */
const networks: [string, () => Network][] = [
  ['snn3', () => modelNamed('snn3')({ input: [16, 16, 2], classes: 3, neuron: lif(hard) })],
  ['snn5, tau 1.5', () => modelNamed('snn5')({ input: [32, 32, 3], classes: 10, neuron: lif({ tau: 1.5, ...hard }) })],
  ['resnet18', () => modelNamed('resnet18')({ input: [16, 16, 2], classes: 3, neuron: lif(hard) })],
  [
    'vgg11, decayed',
    () => modelNamed('vgg11')({ input: [32, 32, 2], classes: 3, neuron: lif({ decayInput: true, ...hard }) }),
  ],
  [
    'groups, kernels that are not square, a reset to a value, IF, a shortcut, a readout',
    () =>
      own(
        'mixed',
        [8, 10, 4],
        new Sequential([
          new Conv2d({ channels: 8, kernelSize: [3, 1], padding: [1, 0], groups: 2 }),
          new Spiking({ neuron: integrateFire({ threshold: 0.7, reset: { hard: -0.25 } }), normalisation: 'perStep' }),
          new Residual(new Conv2d({ channels: 8, kernelSize: 3, padding: 1, groups: 8 })),
          new Spiking({ neuron: lif({ tau: 4, threshold: 0.8, reset: { hard: 0.125 } }) }),
          new Linear({ features: 6 }),
          new Spiking({ neuron: leakyReadout({ tau: 3 }) }),
        ]),
      ),
  ],
]

/** Parameters off their start, so that BatchNorm does something and neurons fire. */
function filled(network: Network): Network {
  for (const [key, p] of [...network.parameters(), ...network.buffers()].entries()) {
    if (p.shape.length > 1) continue
    const u = hashedUniform(p.values.length, key + 1)
    p.set(u.map((x) => Math.fround(p.path.endsWith('var') ? 0.01 + 0.05 * x : x - 0.25)))
  }
  return network
}

describe.skipIf(!isHere)(
  'exported graphs, read and run by the nir package (needs python3 with nir, numpy and h5py)',
  () => {
    let folder: string
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'spikelet-nir-'))
    })
    afterAll(() => rm(folder, { recursive: true }))

    test.each(networks)('%s: the same spikes', async (_name, build) => {
      const backend = await createWasm()
      const network = filled(build())
      const at = (name: string) => join(folder, name)
      await writeFile(at('a.nir'), await writeNir(networkToNir(network, { dt }).graph))
      const inputs = hashedUniform(T * 2 * sizeOf(network.input), 9).map((u) => Math.floor(3 * u))
      await writeFile(at('input'), channelsFirst(inputs, network.input))
      const call = [program, at('a.nir'), at('input'), at('spikes'), String(dt)]
      const { status, stdout, stderr } = spawnSync('python3', call, { encoding: 'utf8', maxBuffer: 2 ** 26 })
      expect(stderr).toBe('')
      expect(status).toBe(0)
      const { neurons, output } = JSON.parse(stdout) as { neurons: string[]; output: number[] }
      const ours = await run(network, inputs, backend)
      const spikes = neurons.flatMap((name) => ours.spikes.get(name)!)
      const theirs = await readFile(at('spikes'))
      expect(neurons.length).toBe(ours.spikes.size)
      expect(spikes.length).toBe(theirs.length)
      expect(spikes.reduce((sum, spike) => sum + spike, 0) / spikes.length).toBeGreaterThan(0.02)
      expect(spikes.reduce((sum, spike, i) => sum + (spike === theirs[i] ? 0 : 1), 0)).toBe(0)
      ours.output.forEach((value, i) => expect(value).toBeCloseTo(output[i], 4))
      await backend.close()
    })
  },
)

/** [..., H, W, C] as float32 [..., C, H, W]. */
function channelsFirst(values: ArrayLike<number>, frame: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(reordered(values, frame)).buffer)
}

function reordered(values: ArrayLike<number>, frame: readonly number[]): number[] {
  const [height, width, channels] = frame.length === 3 ? frame : [1, 1, frame[0]]
  const size = height * width * channels
  return Array.from({ length: values.length }, (_, i) => {
    const [which, inside] = [Math.floor(i / size), i % size]
    const [c, at] = [Math.floor(inside / (height * width)), inside % (height * width)]
    return values[which * size + at * channels + c]
  })
}

/** Spikes of all layers by name, channels first, and the output of every step. */
async function run(network: Network, inputs: ArrayLike<number>, backend: Awaited<ReturnType<typeof createWasm>>) {
  await network.place(backend)
  const seen: Promise<[string, number[]]>[] = []
  const x = tensorOf(backend, [T, 2, ...network.input], inputs)
  const y = network.forward(x, {
    backend,
    tape: null,
    training: false,
    T,
    key: 0,
    observe: (path, { handle }) => {
      if (handle.kind !== 'spikes') return
      seen.push(backend.read(handle).then((values) => [path, reordered(values, handle.shape.slice(2))]))
    },
  })
  return { spikes: new Map(await Promise.all(seen)), output: Array.from(await backend.read(y.handle)) }
}
