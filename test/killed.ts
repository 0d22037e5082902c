import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../src/base/index.ts'
import { verifyFiles } from '../src/data/index.ts'
import { EventList, writeEventBin } from '../src/formats/index.ts'
import { loadCheckpoint } from '../src/train/index.ts'
import { startServer } from './downloads/server.ts'

const built = new URL('../dist/', import.meta.url)

/** A process that is killed with SIGKILL after some milliseconds, unless it ends before. */
async function killedAfter(child: ChildProcess, ms: number): Promise<'killed' | 'ended'> {
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const timer = setTimeout(() => child.kill('SIGKILL'), ms)
  await ended
  clearTimeout(timer)
  return child.signalCode === 'SIGKILL' ? 'killed' : 'ended'
}

/** A process that nobody disturbs. */
const whole = (child: ChildProcess) => killedAfter(child, 2 ** 31 - 1)

function node(...words: string[]): ChildProcess {
  return spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** A small network on a few images of Fashion-MNIST, saved after each update. */
const training = (folder: string, resume: boolean) => `
  import { existsSync } from 'node:fs'
  import { clif, fashionMnist, snn5, train } from ${JSON.stringify(new URL('node.js', built).href)}
  import { imageDataset } from ${JSON.stringify(new URL('data/index.js', built).href)}
  const all = await fashionMnist()
  const part = ({ name, classes, shape, pixels, label }, length) => imageDataset({
    name, classes, shape, labels: Array.from({ length }, (_, i) => label(i)), pixels: pixels.slice(0, length * 784) })
  const data = { ...all, train: part(all.train, 96), test: part(all.test, 32) }
  const run = ${JSON.stringify(folder)}
  await train(snn5({ input: [28, 28, 1], classes: 10, neuron: clif() }), data, {
    T: 2, epochs: 2, batch: 16, seed: 1, validation: 'none', log: () => {}, threads: 1, checkpointEvery: 1, run,
    resume: ${resume} && existsSync(run + '/config.json') })`

const lastCheckpoint = (folder: string) => readFile(join(folder, 'checkpoints', 'last.safetensors'))

function valuesIn(bytes: Uint8Array): { [name: string]: number[] } {
  const { net, optimiser } = loadCheckpoint(bytes)
  const own = [...net.parameters(), ...net.buffers()].map((p) => [p.path, [...p.values]])
  const remembered = [...optimiser].map(([name, { values }]) => [name, [...values]])
  return Object.fromEntries([...own, ...remembered])
}

/** `data get`, `data convert` and training, killed as often as told, end as those that nobody disturbed. */
export function describeKilled(kills: number): void {
  describe.skipIf(!existsSync(new URL('data/index.js', built)))('killed at any moment (needs the build)', () => {
    const random = new Random(20)
    let folder: string

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'spikelet-killed-'))
    })
    afterAll(() => rm(folder, { recursive: true }))

    test(`get: ${kills} times, then it completes and verifies`, async () => {
      const noise = new Random(1)
      const file = () => Uint8Array.from({ length: 3000 }, () => noise.below(256))
      const archive = zipSync(
        Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`Train/${i % 10}/${i}.bin`, file()])),
      )
      const server = await startServer({ zip: { bytes: archive, pieces: 8192 } })
      try {
        const target = join(folder, 'got')
        const recipe = { licence: 'none', files: [{ name: 'Train.zip', urls: [server.address('zip')], unpack: 'zip' }] }
        const script = `
        import { getFiles } from ${JSON.stringify(new URL('data/index.js', built).href)}
        await getFiles(${JSON.stringify(recipe)}, ${JSON.stringify(target)})`
        const mine = join(target, 'mine')
        let killed = 0
        while (killed < kills) {
          await mkdir(mine, { recursive: true })
          await writeFile(join(mine, 'notes.txt'), 'mine')
          const outcome = await killedAfter(node('--input-type=module', '-e', script), 150 + random.below(900))
          // One that came to its end begins anew, so that every kill meets work.
          if (outcome === 'ended') await rm(target, { recursive: true })
          else killed++
        }
        expect(await whole(node('--input-type=module', '-e', script))).toBe('ended')
        expect((await verifyFiles(target))?.files).toBe(300)
        expect((await readdir(target)).sort()).toEqual(['.spikelet-files.json', 'Train', 'mine'])
        expect(await readFile(join(mine, 'notes.txt'), 'utf8')).toBe('mine')
      } finally {
        await server.close()
      }
    })

    test(`conversion: ${kills} times, then the frames are those of one that nobody disturbed`, async () => {
      const data = join(folder, 'recordings')
      for (const [side, count] of [
        ['Train', 120],
        ['Test', 2],
      ] as const) {
        for (let n = 0; n < 10 * count; n++) {
          const list = new EventList()
          for (let i = 0; i < 200; i++) list.push(100 * i, (n + i) % 34, (n * i) % 34, i & 1)
          const path = join(data, side, String(n % 10))
          if (n < 10) await mkdir(path, { recursive: true })
          await writeFile(join(path, `${n}.bin`), writeEventBin(list.events()))
        }
      }
      const main = new URL('cli/main.js', built).pathname
      const convert = (cache: string) =>
        node(main, 'data', 'convert', 'n-mnist', '--data', data, '--T', '10', '--cache', cache)
      const [disturbed, calm] = [join(folder, 'disturbed'), join(folder, 'calm')]
      expect(await whole(convert(calm))).toBe('ended')
      // Beside the frames, the cache may remember which files are at rest.
      const keysIn = async (cache: string) => (await readdir(cache)).filter((name) => name !== 'unchanged').sort()
      const [key] = await keysIn(calm)
      let killed = 0
      while (killed < kills) {
        const outcome = await killedAfter(convert(disturbed), 200 + random.below(1500))
        if (outcome === 'ended') await rm(disturbed, { recursive: true, force: true })
        else killed++
      }
      expect(await whole(convert(disturbed))).toBe('ended')
      expect(await keysIn(disturbed)).toEqual(await keysIn(calm))
      const files = await readdir(join(calm, key))
      expect(await readdir(join(disturbed, key))).toEqual(files)
      for (const file of files) {
        expect(await readFile(join(disturbed, key, file)), file).toEqual(await readFile(join(calm, key, file)))
      }
    })

    test(`train: ${kills} times, then it ends with the bits of a run that nobody disturbed`, async () => {
      const started = (run: string, resume: boolean) =>
        node('--input-type=module', '-e', training(join(folder, run), resume))
      expect(await whole(started('undisturbed', false))).toBe('ended')
      const expected = valuesIn(await lastCheckpoint(join(folder, 'undisturbed')))
      for (let killed = 0, run = 0; killed < kills; run++) {
        const name = `run-${run}`
        for (let ended = false, resume = false; !ended; resume = true) {
          // Once there are kills enough, it is left alone.
          const ms = killed < kills ? 300 + random.below(900) : 2 ** 31 - 1
          ended = (await killedAfter(started(name, resume), ms)) === 'ended'
          if (!ended) killed++
        }
        expect(valuesIn(await lastCheckpoint(join(folder, name))), name).toEqual(expected)
      }
    })
  })
}
