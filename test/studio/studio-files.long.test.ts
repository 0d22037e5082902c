import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { networkBytes } from '../../src/browser.ts'
import { EventList, writeEventBin } from '../../src/formats/index.ts'
import { lif } from '../../src/neurons/index.ts'
import { Flatten, Linear, Network, Sequential, Spiking } from '../../src/nn/index.ts'
import { addressWith } from '../../studio/link.ts'
import { hasChromium, type OpenedStudio, openStudio, pause } from './opened-studio.ts'

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url))
const graphs = ['data/nir', 'trials'].flatMap((name) => {
  const folder = join(shared, name)
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.nir'))
        .map((file) => join(folder, file))
    : []
})

describe.skipIf(!hasChromium)('files in the studio, in Chromium', () => {
  let studio: OpenedStudio
  beforeAll(async () => {
    studio = await openStudio()
  })
  afterAll(() => studio?.close())

  test.skipIf(graphs.length === 0)(
    'every NIR graph opens, runs, and is read in every way (needs ../shared)',
    async () => {
      const { page, faults } = await studio.opened('#/microscope')
      for (const file of graphs) {
        await page.locator('input[type=file]').first().setInputFiles(file)
        if (/nan-weights/.test(file)) {
          await page.locator('pre.fault').filter({ hasText: 'holds NaN' }).waitFor()
          continue
        }
        await page.getByText('a NIR graph, steps of').waitFor()
        await page.getByLabel('steps T').fill('5')
        await page.getByRole('button', { name: 'Run' }).click()
        await page.getByRole('heading', { name: 'Through time' }).waitFor()
        await page.getByRole('button', { name: 'Compare the readings' }).click()
        await page
          .getByRole('row')
          .filter({ hasText: /nowhere/ })
          .first()
          .waitFor()
        expect(
          await page
            .getByRole('row')
            .filter({ hasText: /nowhere|step \d+, layer/ })
            .count(),
          file,
        ).toBe(12)
        await page.reload()
      }
      expect(faults).toEqual([])
    },
  )

  test('a checkpoint of 30 MB opens while the page stays awake', async () => {
    const layers = [
      new Flatten(),
      new Linear({ features: 2500 }),
      new Spiking({ neuron: lif() }),
      new Linear({ features: 10 }),
    ]
    const net = new Network({ name: 'large', input: [56, 56, 1], layer: new Sequential(layers), seed: 1 })
    const bytes = await networkBytes(net, { T: 2 })
    expect(bytes.length).toBeGreaterThan(30e6)
    const file = join(studio.folder, 'large.safetensors')
    writeFileSync(file, bytes)
    const { page, faults } = await studio.opened('#/microscope')
    await page.evaluate(() => {
      const seen = window as unknown as { longest: number }
      seen.longest = 0
      let last = performance.now()
      const look = () => {
        seen.longest = Math.max(seen.longest, performance.now() - last)
        last = performance.now()
        requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    })
    await page.locator('input[type=file]').first().setInputFiles(file)
    await page.getByText('a checkpoint of Spikelet').waitFor()
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('heading', { name: 'Through time' }).waitFor()
    const longest = await page.evaluate(() => (window as unknown as { longest: number }).longest)
    console.log(`The page stood still for ${Math.round(longest)} ms at most.`)
    expect(longest).toBeLessThan(3000)
    expect(faults).toEqual([])
  })

  test('a network of the zoo names a test image of Fashion-MNIST, with its frames beside', async () => {
    const { page, faults } = await studio.opened('#/microscope')
    await page.getByRole('button', { name: 'fashion-mnist-tiny' }).click()
    await page.getByLabel('kind').selectOption('fashion-mnist')
    let right = 0
    for (let sample = 0; sample < 8; sample++) {
      await page.getByLabel('sample').fill(String(sample))
      await page.getByRole('button', { name: 'Run' }).click()
      const text = page.getByText(`input: 28 x 28 x 1, test image ${sample} of Fashion-MNIST`)
      await text.waitFor()
      const [, label] = /MNIST: (.*)$/.exec((await text.textContent()) ?? '') as RegExpExecArray
      if ((await page.locator('.big').first().textContent()) === label) right++
    }
    expect(right).toBeGreaterThanOrEqual(6)
    expect(faults).toEqual([])
  })

  test('what reached a neuron that somebody chooses is shown, step by step', async () => {
    const { page, faults } = await studio.opened('#/microscope')
    await page.getByRole('button', { name: 'fashion-mnist-tiny' }).click()
    await page.getByLabel('kind').selectOption('fashion-mnist')
    await page.getByRole('button', { name: 'Run' }).click()
    const maps = page.getByRole('img', { name: /^Output of layer/ })
    const [input, first, second] = [maps.nth(0), maps.nth(1), maps.nth(2)]
    await second.waitFor()
    await first.click({ position: { x: 20, y: 20 } })
    await page.getByRole('heading', { name: /^What reached neuron \d+ of layer 1, over \d+ steps/ }).waitFor()
    await page.getByRole('img', { name: /^Weights from the input/ }).waitFor()
    await second.click({ position: { x: 20, y: 20 } })
    await page.getByRole('heading', { name: /^What reached neuron \d+ of layer 2/ }).waitFor()
    await page.locator('input[type=range]').fill('1')
    await page.getByRole('heading', { name: /^What reached neuron \d+ of layer 2, at step 1/ }).waitFor()
    const text = (await page.getByText(/an input current of/).textContent()) ?? ''
    const numbers = [...text.matchAll(/-?\d[\d.e-]*(?= from| whoever|\.$)/g)].map(([one]) => Number(one))
    expect(numbers.length, text).toBeGreaterThanOrEqual(2)
    const [arrived, rest] = numbers
    const current = Number(/current of (\S+)\.$/.exec(text.trim())?.[1])
    expect(arrived + rest).toBeCloseTo(current, 2)
    expect(await input.count()).toBe(1)
    expect(faults).toEqual([])
  })

  test('recordings of an event camera train in the page', async () => {
    const files = ['left', 'right'].flatMap((name, side) =>
      Array.from({ length: 12 }, (_, k) => {
        const path = join(studio.folder, 'recordings', name)
        mkdirSync(path, { recursive: true })
        const list = new EventList()
        for (let i = 0; i < 60; i++) list.push(100 * i, 20 * side + ((i + k) % 10), (3 * i + k) % 30, i % 2)
        writeFileSync(join(path, `${k}.bin`), writeEventBin(list.events({ width: 34, height: 34 })))
        return join(path, `${k}.bin`)
      }),
    )
    expect(files).toHaveLength(24)
    const { page, faults } = await studio.opened('#/train')
    await page.getByLabel('folder of images or recordings').setInputFiles(join(studio.folder, 'recordings'))
    await page.getByText('24 files of your own').waitFor()
    await page.getByLabel('batch').fill('4')
    await page.getByLabel('surrogate of all').selectOption('atan')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByText(/^done/).first().waitFor()
    expect(await page.getByRole('heading', { name: 'Ask it' }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('the laboratory takes its input from a file', async () => {
    const file = join(studio.folder, 'current.txt')
    writeFileSync(file, '0 0.5\n1, 0.25\n')
    const { page, faults } = await studio.opened('#/lab')
    await page.getByLabel('or from a file').setInputFiles(file)
    while ((await page.getByLabel('steps T').inputValue()) !== '4') await pause(20)
    expect(await page.getByLabel('kind').inputValue()).toBe('drawn')
    const words = join(studio.folder, 'words.txt')
    writeFileSync(words, 'one two')
    await page.getByLabel('or from a file').setInputFiles(words)
    await page.getByText('words.txt holds no numbers').waitFor()
    expect(faults).toEqual([])
  })

  test('a link keeps the surrogate that was chosen for training', async () => {
    const { page } = await studio.opened(addressWith('train', {}))
    await page.getByLabel('surrogate of all').selectOption('erf')
    await page.reload()
    expect(await page.getByLabel('surrogate of all').inputValue()).toBe('erf')
  })
})
