import { expect, test } from 'vitest'
import { snn3, spikingResnet } from '../models/index.ts'
import { clif } from '../neurons/index.ts'
import { layersOf } from './look-at.ts'
import { layerNames, networkPicture } from './network-picture.ts'

const input = { classes: 10, neuron: clif() }

test('layers with numbers for names are called by what they are', () => {
  const layers = layersOf(snn3({ ...input, input: [16, 16, 1] }))
  const names = layerNames(layers)
  expect([names.get('features.0'), names.get('features.2'), names.get('features.5'), names.get('fc')]).toEqual(
    ['conv 1', 'neurons 1', 'neurons 2', 'fc'], // biome-ignore format: one line
  )
  const svg = networkPicture('snn3', layers)
  for (const name of names.values()) expect(svg).toContain(`>${name}<`)
})

test('a deep network is drawn by blocks', () => {
  const svg = networkPicture('resnet18', layersOf(spikingResnet(18, { ...input, input: [32, 32, 3] })))
  expect(svg).toContain('>blocks.7<')
  expect(svg.match(/<rect/g)?.length).toBeLessThan(16)
})
