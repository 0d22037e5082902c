import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressWith } from '../../studio/link.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const command = join(root, 'dist/cli/main.js')
const program = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
if (!existsSync(program)) console.log(`The studio's pages were not tried: no ${program}`)

describe.skipIf(!existsSync(program))('the studio in Chromium', () => {
  let folder: string
  let address: string
  let studio: ChildProcess
  let browser: Browser

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'spikelet-studio-'))
    mkdirSync(join(folder, 'runs'))
    studio = spawn(process.execPath, [command, 'studio', join(folder, 'runs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    studio.stdout?.setEncoding('utf8').on('data', (part) => (text += part))
    while (!text.includes('\n')) await pause(20)
    address = text.split('\n')[0]
    browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] })
  })

  afterAll(async () => {
    await browser?.close()
    studio?.kill('SIGINT')
    if (studio) await new Promise((resolve) => studio.on('close', resolve))
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  /** A page of a fresh profile, and what it complained of. */
  async function opened(hash: string): Promise<{ page: Page; faults: string[] }> {
    const page = await (await browser.newContext()).newPage()
    page.setDefaultTimeout(0)
    const faults: string[] = []
    page.on('pageerror', ({ message }) => faults.push(message))
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
    await page.goto(address + hash)
    return { page, faults }
  }

  test('a typo gets its place and a way out; a new name becomes a constant', async () => {
    const { page, faults } = await opened('#/lab')
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
    const { page } = await opened('#/lab')
    const rate = page.getByText(/^fires in/).nth(1)
    const before = await rate.textContent()
    await page.getByLabel('threshold, as a number').fill('0.3')
    while ((await rate.textContent()) === before) await pause(20)
    while (!page.url().includes('#/lab?s=')) await pause(20)
    const other = await (await browser.newContext()).newPage()
    await other.goto(address + new URL(page.url()).hash)
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
    const { page, faults } = await opened(link)
    const hash = page.locator('section code').filter({ hasText: /^[\da-f]{16}$/ })
    await hash.waitFor()
    expect(faults).toEqual([])
    const other = await (await browser.newContext()).newPage()
    // Without the two headers there is one thread.
    await other.route('**/*', async (route) => {
      const response = await route.fetch()
      const headers = response.headers()
      delete headers['cross-origin-opener-policy']
      delete headers['cross-origin-embedder-policy']
      await route.fulfill({ response, headers })
    })
    await other.addInitScript(() => sessionStorage.setItem('spikelet-isolation', 'yes'))
    await other.goto(address + link)
    const second = other.locator('section code').filter({ hasText: /^[\da-f]{16}$/ })
    await second.waitFor()
    expect(await other.evaluate(() => crossOriginIsolated)).toBe(false)
    expect(await second.textContent()).toBe(await hash.textContent())
  })

  test('training pauses, goes on, and its network is saved and opened in the microscope', async () => {
    const { page, faults } = await opened(addressWith('train', { lab, settings: { ...settings, epochs: 3 } }))
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
    const file = join(folder, 'mine.safetensors')
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

    const { page: microscope, faults: others } = await opened('#/microscope')
    await microscope.locator('input[type=file]').first().setInputFiles(file)
    await microscope.getByText('a checkpoint of Spikelet').waitFor()
    await microscope.getByRole('button', { name: 'Run' }).click()
    await microscope.getByRole('heading', { name: 'Through time' }).waitFor()
    await microscope
      .locator('figure canvas')
      .first()
      .click({ position: { x: 6, y: 6 } })
    await microscope.getByRole('heading', { name: /^Neuron \d+ of layer 1/ }).waitFor()
    expect(others).toEqual([])
  })
})

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
