import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadCheckpoint } from './checkpoint.ts'

const built = new URL('../../dist/node.js', import.meta.url)

/** A small network on a few images of Fashion-MNIST; `more` are further options of `train`. */
const training = (more: string) => `
  import { clif, fashionMnist, snn5, train } from ${JSON.stringify(built.href)}
  import { imageDataset } from ${JSON.stringify(new URL('data/index.js', built).href)}
  const all = await fashionMnist()
  const part = ({ name, classes, shape, pixels, label }, length) => imageDataset({
    name, classes, shape, labels: Array.from({ length }, (_, i) => label(i)), pixels: pixels.slice(0, length * 784) })
  const data = { ...all, train: part(all.train, 48), test: part(all.test, 16) }
  const net = snn5({ input: [28, 28, 1], classes: 10, neuron: clif() })
  const run = await train(net, data, { T: 2, epochs: 2, batch: 16, seed: 1, validation: 'none', log: () => {}, ${more} })`

/** As `training`, of neurons that draw noise and start at random. */
const noisyTraining = (more: string) =>
  training(more)
    .replace('import { clif,', 'import { defineNeuron,')
    .replace('neuron: clif()', 'neuron: noisy()')
    .replace(
      'const net =',
      `const noisy = defineNeuron({
        name: 'noisy',
        learnable: { leak: { start: 'uniform(0.3, 0.9)', per: 'neuron' }, sigma: { start: 0.3, per: 'channel', min: 0 } },
        equations: 'u = leak * u + x + sigma * noise()\\ns = spike(u - 1)\\nu = u - s' })
      const net =`,
    )

const output = (script: string) =>
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim()

const folders = async (work: (folder: string) => Promise<void>) => {
  const parent = mkdtempSync(join(tmpdir(), 'spikelet-'))
  try {
    await work(parent)
  } finally {
    rmSync(parent, { recursive: true })
  }
}

const checkpoint = (folder: string, name = 'last') => readFileSync(join(folder, 'checkpoints', `${name}.safetensors`))

describe.skipIf(!existsSync(built))('training from the build', () => {
  test.each([
    ['clif', training],
    ['noise and random starts', noisyTraining],
  ])('gives the same bits on one thread, two, and three, with images made ahead or not: %s', (_, training) =>
    folders(async (parent) => {
      const values: number[][] = []
      for (const threads of [1, 2, 3]) {
        const folder = join(parent, `threads-${threads}`)
        expect(
          output(
            `${training(`threads: ${threads}, loaderThreads: ${threads - 1}, run: ${JSON.stringify(folder)}`)}\nconsole.log(run.backend.threads)`,
          ),
        ).toBe(String(threads))
        const { net } = loadCheckpoint(checkpoint(folder))
        values.push([...net.parameters(), ...net.buffers()].flatMap((p) => [...p.values]))
      }
      expect(values[0].every(Number.isFinite)).toBe(true)
      expect(values[1]).toEqual(values[0])
      expect(values[2]).toEqual(values[0])
    }),
  )

  test('a backend made for a run is closed behind it, and the network keeps what it learned', () => {
    const script = `${training('threads: 2, run: false')}
      console.log(net.backend, net.parameters().every((p) => p.values instanceof Float32Array))`
    expect(output(script)).toBe('null true')
  })
})
