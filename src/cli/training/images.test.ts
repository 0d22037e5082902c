import { describe, expect, it } from 'vitest'
import { openImages, transformsFor } from './images.ts'

describe('openImages', () => {
  it('takes the first images where there is a limit, and says so', async () => {
    const [all, some] = [await openImages('fashion-mnist', {}), await openImages('fashion-mnist', { limit: 5 })]
    expect([some.train.length, some.test.length]).toEqual([5, 5])
    expect(some.train.pixels).toEqual(all.train.pixels?.slice(0, 5 * 28 * 28))
    expect(some.notes.join()).toContain('first 5 training and 5 test images')
    const huge = await openImages('fashion-mnist', { limit: 1e6 })
    expect([huge.train.length, huge.test.length]).toEqual([all.train.length, all.test.length])
  })

  it('asks for a folder, and knows the nearest name', async () => {
    await expect(openImages('cifar10', {})).rejects.toThrow('--data FOLDER')
    await expect(openImages('cifar-10', {})).rejects.toThrow("did you mean 'cifar10'?")
    await expect(openImages('mnist', { data: '/nowhere' })).rejects.toThrow('/nowhere')
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
