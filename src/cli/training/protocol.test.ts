import { expect, it } from 'vitest'
import { trainSchema } from './options.ts'
import { withProtocol } from './protocol.ts'

const defaults = trainSchema.parse({})

it('leaves options as they are where no protocol is named', () => {
  expect(withProtocol(defaults, new Set(), 'mnist')).toBe(defaults)
})

it("puts the paper's settings in place of defaults", () => {
  const options = withProtocol({ ...defaults, protocol: 'paper' as const }, new Set(['protocol']), 'cifar100')
  expect(options).toMatchObject({
    model: 'resnet18',
    epochs: 200,
    batch: 128,
    lr: 0.1,
    momentum: 0.9,
    weightDecay: 5e-4,
    schedule: 'cosine',
    loss: 'paper',
    augment: ['crop', 'flip', 'cutout'],
    validation: 0,
    seed: 2022,
    dropout: 0,
  })
})

it('knows how the paper trains on events', () => {
  const options = withProtocol({ ...defaults, protocol: 'paper' as const }, new Set(['protocol']), 'dvs-cifar10')
  const expected = {
    model: 'vgg11',
    T: 10,
    epochs: 300,
    lr: 0.05,
    dropout: 0.3,
    loss: 'paper-one-hot',
    frameSize: '48x48',
  }
  expect(options).toMatchObject(expected)
})

it('lets what was given stay', () => {
  const given = { ...defaults, protocol: 'paper' as const, epochs: 3, T: 8 }
  const options = withProtocol(given, new Set(['protocol', 'epochs', 'T']), 'cifar10')
  expect(options).toMatchObject({ epochs: 3, T: 8, batch: 128, weightDecay: 5e-5 })
})

it('refuses a data set that it has no settings for', () => {
  expect(() => withProtocol({ ...defaults, protocol: 'paper' as const }, new Set(), 'mnist')).toThrow(
    /no settings for 'mnist'\n {2}expected cifar10, cifar100, tiny-imagenet, dvs-gesture, dvs-cifar10, fashion-mnist/,
  )
})
