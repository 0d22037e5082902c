import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testSurroundings } from '../../test/cli/surroundings.ts'
import { createProgress } from '../cli/progress.ts'
import { type ImageChoice, openImages, transformsFor } from './images.ts'

const { surroundings } = testSurroundings()
const around = { progress: createProgress(surroundings), env: {} }
const open = (name: string, choice: Partial<ImageChoice> = {}) => openImages(name, { T: 4, ...choice }, around)

describe('openImages', () => {
  it('takes some of the images where there is a limit, and says so', async () => {
    const [all, some] = [await open('fashion-mnist'), await open('fashion-mnist', { limit: 5 })]
    expect([some.train.length, some.test.length]).toEqual([5, 5])
    expect(some.train.pixels).toEqual(all.train.pixels?.slice(0, 5 * 28 * 28))
    expect(some.notes.join()).toContain('of these 5 training and 5 test images')
    const huge = await open('fashion-mnist', { limit: 1e6 })
    expect([huge.train.length, huge.test.length]).toEqual([all.train.length, all.test.length])
  })

  it('asks for a folder, and knows the nearest name', async () => {
    await expect(open('cifar10')).rejects.toThrow('--data FOLDER')
    await expect(open('cifar-10')).rejects.toThrow("Did you mean 'cifar10'?")
    await expect(open('mnist', { data: '/nowhere' })).rejects.toThrow('/nowhere')
  })
})

describe('transformsFor', () => {
  const images = (name: string, side: number) => ({ name, train: { shape: [side, side, 3] } }) as never

  it('normalises, and changes training images alone', () => {
    const { train, evaluation } = transformsFor(images('cifar10', 32), ['cutout', 'flip', 'crop'])
    expect(train.map(({ name }) => name)).toEqual(['random-crop', 'random-flip', 'normalise', 'cutout'])
    expect(train[0].options).toEqual({ padding: 4 })
    expect(train[3].options).toEqual({ size: 16 })
    expect(evaluation.map(({ name }) => name)).toEqual(['normalise'])
    expect(evaluation[0].options).toMatchObject({ mean: [0.4914, 0.4822, 0.4465] })
  })

  it('only normalises where nothing else is asked for', () => {
    expect(transformsFor(images('cifar100', 32), []).train.map(({ name }) => name)).toEqual(['normalise'])
  })
})

describe('recordings', () => {
  it('become frames, without normalisation', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spikelet-frames-'))
    try {
      for (const side of ['Train', 'Test']) {
        await mkdir(join(folder, side, '3'), { recursive: true })
        for (const n of [1, 2])
          await writeFile(join(folder, side, '3', `${n}.bin`), Uint8Array.of(n, 2, 0x80, 0, 1, 4, 5, 0, 0, 9))
      }
      const cache = join(folder, 'cache')
      const datasets = await open('n-mnist', { T: 2, data: folder, cache, limit: 1 })
      expect([datasets.train.length, datasets.train.shape, datasets.train.steps]).toEqual([1, [34, 34, 2], 2])
      expect(datasets.notes.join()).toContain('2 by number, counts')
      const { train } = transformsFor(datasets, ['flip'])
      expect(train.map(({ name }) => name)).toEqual(['random-flip'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
