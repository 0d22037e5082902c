import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressWith } from '../../studio/link.ts'
import { hasChromium, type OpenedStudio, openStudio, pause } from './opened-studio.ts'

describe.skipIf(!hasChromium)('the studio in Chromium', () => {
  let studio: OpenedStudio
  beforeAll(async () => {
    studio = await openStudio()
  })
  afterAll(() => studio?.close())

  test('a typo gets its place and a way out; a new name becomes a constant', async () => {
    const { page, faults } = await studio.opened('#/lab')
    const editor = page.locator('.cm-content')
    await editor.click()
    await page.keyboard.press('Control+a')
    await page.keyboard.type('u = beta * u + x\ns = spike(u - threshol)')
    await page.locator('pre.fault').filter({ hasText: "unknown name 'beta'" }).waitFor()
    await page.locator('.cm-lintRange-error').waitFor()
    await page.getByRole('button', { name: 'Make beta a constant' }).click()
    const fault = page.locator('pre.fault')
    await fault.filter({ hasText: "did you mean 'threshold'" }).waitFor()
    expect(await fault.textContent()).toContain('2 | s = spike(u - threshol)')
    await editor.click()
    await page.keyboard.press('Control+End')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.type('d')
    await fault.waitFor({ state: 'detached' })
    expect(await page.getByLabel('beta', { exact: true }).count()).toBe(1)
    expect(faults).toEqual([])
  })

  test('a moved constant moves the pictures, and the address carries it', async () => {
    const { page } = await studio.opened('#/lab')
    const rate = page.getByText(/^fires in/).nth(1)
    const before = await rate.textContent()
    await page.getByLabel('threshold, as a number').fill('0.3')
    while ((await rate.textContent()) === before) await pause(20)
    while (!page.url().includes('#/lab?s=')) await pause(20)
    const other = await (await studio.browser.newContext()).newPage()
    await other.goto(studio.address + new URL(page.url()).hash)
    const label = other.getByLabel('threshold, as a number')
    await label.waitFor()
    expect(await label.inputValue()).toBe('0.3')
    expect(
      await other
        .getByText(/^fires in/)
        .nth(1)
        .textContent(),
    ).toBe(await rate.textContent())
  })

  const mine = {
    name: 'mine',
    equations: 'u = beta * u + x\ns = spike(u - 1)\nreset(u, 1)',
    ...{ constants: { beta: 0.6 }, starts: {}, rest: {} },
    ...{ surrogate: 'atan', alpha: null, reset: 'soft', detachReset: false, decayInput: false },
  }
  const lab = {
    T: 20,
    chosen: 0,
    neurons: [mine],
    input: { kind: 'poisson', strength: 1, rate: 0.5, seed: 1, values: [] },
  }
  const settings = {
    network: 'convolutions',
    T: 2,
    learningRate: 0.1,
    batch: 16,
    epochs: 1,
    images: 1000,
    seed: 3,
    backend: 'wasm',
  }
  const link = addressWith('train', { lab, settings, start: true })

  test('a link trains to the same weights in a fresh profile, isolated or not', async () => {
    const { page, faults } = await studio.opened(link)
    const hash = page.locator('section code').filter({ hasText: /^[\da-f]{16}$/ })
    await hash.waitFor()
    expect(faults).toEqual([])
    const other = await (await studio.browser.newContext()).newPage()
    // Without the two headers there is one thread.
    await other.route('**/*', async (route) => {
      const response = await route.fetch()
      const headers = response.headers()
      delete headers['cross-origin-opener-policy']
      delete headers['cross-origin-embedder-policy']
      await route.fulfill({ response, headers })
    })
    await other.addInitScript(() => sessionStorage.setItem('spikelet-isolation', 'yes'))
    await other.goto(studio.address + link)
    const second = other.locator('section code').filter({ hasText: /^[\da-f]{16}$/ })
    await second.waitFor()
    expect(await other.evaluate(() => crossOriginIsolated)).toBe(false)
    expect(await second.textContent()).toBe(await hash.textContent())
  })

  test('training pauses, goes on, and its network is saved and opened in the microscope', async () => {
    const { page, faults } = await studio.opened(addressWith('train', { lab, settings: { ...settings, epochs: 3 } }))
    await page.getByRole('button', { name: 'Start' }).click()
    const progress = page.locator('progress')
    while (Number(await progress.getAttribute('value').catch(() => 0)) < 5) await pause(20)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText(/^paused/).waitFor()
    const at = await progress.getAttribute('value')
    await pause(300)
    expect(await progress.getAttribute('value')).toBe(at)
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save the network' }).click()
    const file = join(studio.folder, 'mine.safetensors')
    await (await download).saveAs(file)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText(/^done/).waitFor()
    const hash = page.locator('section code').filter({ hasText: /^[\da-f]{16}$/ })
    const fresh = await hash.textContent()
    await page.getByLabel('saved network').setInputFiles(file)
    await page.getByText('Goes on from mine.safetensors.').waitFor()
    await page.getByRole('button', { name: 'Start again' }).click()
    await page.getByText(/^trains/).waitFor()
    await hash.waitFor()
    expect(await hash.textContent()).not.toBe(fresh)
    expect(faults).toEqual([])

    const { page: microscope, faults: others } = await studio.opened('#/microscope')
    await microscope.locator('input[type=file]').first().setInputFiles(file)
    await microscope.getByText('a checkpoint of Spikelet').waitFor()
    await microscope.getByRole('button', { name: 'Run' }).click()
    await microscope.getByRole('heading', { name: 'Through time' }).waitFor()
    await microscope
      .locator('figure canvas')
      .nth(1)
      .click({ position: { x: 6, y: 6 } })
    await microscope.getByRole('heading', { name: /^Neuron \d+ of layer 1/ }).waitFor()
    expect(others).toEqual([])
  })
})
