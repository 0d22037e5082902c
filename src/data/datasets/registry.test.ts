import { describe, expect, test } from 'vitest'
import { aboutDataset, classNamesOf, datasetNames, normalisationOf, openDataset } from './registry.ts'

describe('data sets by name', () => {
  test('fashion-mnist opens without a folder, the others ask for one', async () => {
    expect((await openDataset('fashion-mnist')).train.length).toBe(11000)
    await expect(openDataset('cifar10')).rejects.toThrow(/cifar10 needs a folder/)
  })

  test('a mistyped name is answered with the nearest', async () => {
    await expect(openDataset('cifra10')).rejects.toThrow(/Did you mean 'cifar10'/)
    await expect(openDataset('toString')).rejects.toThrow(/unknown data set 'toString'/)
    expect(() => normalisationOf('fashion_mnist')).toThrow(/Did you mean 'fashion-mnist'/)
  })

  test('class names are known without files', async () => {
    expect(classNamesOf('fashion-mnist')).toEqual((await openDataset('fashion-mnist')).test.classes)
    expect(datasetNames.map((name) => classNamesOf(name).length)).toEqual([
      10, 10, 10, 100, 0, 0, 10, 10, 11, 0, 24, 20, 0, 0,
    ])
    expect(() => classNamesOf('minst')).toThrow(/Did you mean 'mnist'/)
  })

  test('every name has a normalisation with a value per channel', () => {
    for (const name of datasetNames) {
      const { mean, deviation } = normalisationOf(name)
      expect([name, mean.length, deviation.every((value) => value > 0)]).toEqual([name, deviation.length, true])
      expect(aboutDataset(name)).not.toBe('')
    }
    expect(normalisationOf('mnist')).toEqual({ mean: [0.1307], deviation: [0.3081] })
    expect(normalisationOf('cifar100').deviation).toEqual([0.2675, 0.2565, 0.2761])
  })
})
