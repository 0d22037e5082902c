import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { predict } from '../train/index.ts'
import { loadZoo } from './index.ts'
import { zooBytes, zooCard, zooNames } from './zoo.ts'

test('every network has a card, is the file of its card, and all together are small', async () => {
  let total = 0
  for (const name of zooNames) {
    const card = await zooCard(name)
    const bytes = await zooBytes(name)
    expect([card.name, card.bytes]).toEqual([name, bytes.length])
    expect(card.correct / card.samples).toBeGreaterThan(0.8)
    expect(JSON.stringify(card)).not.toMatch(/\/(work|tmp|root)\b/)
    total += bytes.length
  }
  expect(total).toBeLessThan(8e6)
})

test('loads by name, and predicts', async () => {
  const tiny = await loadZoo('fashion-mnist-tiny')
  const { name, outputs } = await predict(tiny, new Uint8Array(784))
  expect(outputs.length).toBe(10)
  expect(tiny.net.neuron?.name).toBe('clif')
  expect(name).not.toBe('')
})

test('an unknown name gets the names that are known', async () => {
  await expect(loadZoo('fashion-mnist-tny')).rejects.toThrow(/fashion-mnist-tiny/)
})

test('the recipes are those of the names', async () => {
  const script = await readFile(new URL('../../scripts/zoo/recipes.mjs', import.meta.url), 'utf8')
  for (const name of zooNames) expect(script).toContain(`'${name}': {`)
})
