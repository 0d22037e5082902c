import { expect, it } from 'vitest'
import { trainSchema } from '../runs/run-settings.ts'
import { protocolText, withProtocol } from './protocol.ts'

const defaults = trainSchema.parse({})

it('leaves options as they are where no protocol is named', () => {
  expect(withProtocol(defaults, new Set(), 'mnist')).toBe(defaults)
})

it("puts the paper's settings in place of defaults", () => {
  const options = withProtocol({ ...defaults, protocol: 'clif-2024' as const }, new Set(['protocol']), 'cifar100')
  expect(options).toMatchObject({
    model: 'resnet18',
    epochs: 200,
    batch: 128,
    lr: 0.1,
    momentum: 0.9,
    weightDecay: 5e-4,
    schedule: 'cosine',
    loss: 'tet',
    augment: ['crop', 'flip', 'cutout'],
    validation: 0,
    seed: 2022,
    dropout: 0,
  })
})

it('lets what was given stay', () => {
  const given = { ...defaults, protocol: 'clif-2024' as const, epochs: 3, T: 8 }
  const options = withProtocol(given, new Set(['protocol', 'epochs', 'T']), 'cifar10')
  expect(options).toMatchObject({ epochs: 3, T: 8, batch: 128, weightDecay: 5e-5 })
})

it('refuses a data set that it has no settings for', () => {
  expect(() => withProtocol({ ...defaults, protocol: 'clif-2024' as const }, new Set(), 'mnist')).toThrow(
    /no settings for 'mnist'\n {2}expected cifar10, cifar100, tiny-imagenet, dvs-cifar10, dvs-gesture, fashion-mnist/,
  )
})

it.each([
  [
    'tiny-imagenet',
    [],
    { model: 'vgg13', batch: 256, epochs: 300, weightDecay: 5e-4, augment: ['auto-imagenet', 'flip'] },
  ],
  [
    'dvs-cifar10',
    [],
    { model: 'vgg11', T: 16, lr: 0.05, dropout: 0.3, loss: 'tet-one-hot', frameSize: '48x48', augment: [] },
  ],
  ['dvs-cifar10', ['vggsnn'], { model: 'vggsnn', T: 10, augment: ['flip', 'roll-or-rotate'] }],
  ['dvs-gesture', [], { model: 'vgg11', T: 20, batch: 16, dropout: 0.4, loss: 'tet', frames: 'number', augment: [] }],
] as const)('knows the settings of %s %j', (dataset, [model], expected) => {
  const options = { ...defaults, protocol: 'clif-2024' as const, ...(model ? { model } : {}) }
  const given = new Set(['protocol', ...(model ? ['model'] : [])])
  expect(withProtocol(options, given, dataset)).toMatchObject({
    ...expected,
    optimiser: 'sgd',
    validation: 0,
    seed: 2022,
  })
})

it('has the starred rows, and says what it set and what was given', () => {
  const options = { ...defaults, protocol: 'clif-2024-starred' as const, epochs: 3 }
  const given = new Set(['protocol', 'epochs'])
  expect(withProtocol(options, given, 'cifar10').augment).toEqual(['flip', 'trivial', 'erase', 'mixup', 'cutmix'])
  const text = protocolText(options, given, 'cifar10')
  expect(text).toMatch(/^protocol clif-2024-starred: .*--model resnet18 --T 6 .*--weight-decay 0.00005/)
  expect(text).toMatch(/--augment flip,trivial,erase,mixup,cutmix --loss tet; given instead: --epochs$/)
  expect(() => withProtocol(options, given, 'dvs-gesture')).toThrow(
    /clif-2024-starred has no settings[\s\S]*cifar10, cifar100/,
  )
  expect(protocolText(defaults, given, 'cifar10')).toBe('')
})
