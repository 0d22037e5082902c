import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildPage } from '../../examples/browser/build.mjs'
import { serveFolder } from '../../examples/browser/serve.mjs'

/** What the page tells the console. */
interface Numbers {
  readonly losses: readonly number[]
  readonly firstUpdateSeconds: number
  readonly device: string
  readonly paused: boolean
  readonly answers: number
}

/** The example page in headless Chromium; the shot of each way of computing is kept where `SPIKELET_SHOTS` says. */
const updates = 50

let folder: string
let browser: Browser
const servers: Server[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-page-'))
  await buildPage(folder)
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
})

afterAll(async () => {
  await browser?.close()
  for (const server of servers) server.close()
  await rm(folder, { recursive: true, force: true })
})

async function open(backend: string, isolated: boolean): Promise<{ page: Page; errors: string[] }> {
  const { server, address } = await serveFolder(folder, { isolated })
  servers.push(server)
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(`${address}?backend=${backend}&updates=${updates}`)
  return { page, errors }
}

const numbersOf = (page: Page): Promise<Numbers> =>
  page.evaluate(() => (globalThis as unknown as { spikelet: Numbers }).spikelet)

async function trained(backend: string, isolated: boolean): Promise<Numbers> {
  const { page, errors } = await open(backend, isolated)
  const state = page.locator('#state')
  await page.waitForFunction(
    (count) => {
      const { losses } = (globalThis as unknown as { spikelet: Numbers }).spikelet
      return losses.length >= count || document.querySelector('#state.failed') !== null
    },
    updates,
    { timeout: 240_000, polling: 200 },
  )
  expect(await state.getAttribute('class')).toBe(null)
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated)
  await page.locator('#samples button').nth(3).click()
  await page.waitForFunction(() => document.querySelectorAll('#answers li').length === 10)
  await page.waitForTimeout(500)
  const shots = process.env.SPIKELET_SHOTS
  if (shots) await page.screenshot({ path: join(shots, `page-${backend}-${isolated}.png`), fullPage: true })
  const numbers = await numbersOf(page)
  expect(numbers.paused).toBe(true)
  expect(numbers.answers).toBeGreaterThan(1)
  expect(errors).toEqual([])
  await page.close()
  return numbers
}

function expectLearned({ losses }: Numbers): void {
  expect(losses.length).toBe(updates)
  const last = losses.slice(-5).reduce((sum, loss) => sum + loss, 0) / 5
  expect(last).toBeLessThan(losses[0] / 2)
}

describe('the page', () => {
  let wasm: Numbers

  test('weighs less than 400 kB of packed scripts', async () => {
    const scripts = (await readdir(folder)).filter((file) => file.endsWith('.js'))
    let bytes = 0
    for (const file of scripts) bytes += gzipSync(await readFile(join(folder, file))).length
    expect(scripts.length).toBe(3)
    expect(bytes).toBeLessThan(400_000)
  })

  test('trains on wasm with threads where it is isolated', async () => {
    wasm = await trained('wasm', true)
    console.log(`wasm: first update after ${wasm.firstUpdateSeconds.toFixed(2)} s, ${wasm.device}`)
    expectLearned(wasm)
    expect(wasm.device).toMatch(/^WebAssembly, \d+ threads?$/)
  })

  test('trains on wasm with one thread where it is not, to the same bits', async () => {
    const alone = await trained('wasm', false)
    expect(alone.device).toBe('WebAssembly, 1 thread')
    expect(alone.losses).toEqual(wasm.losses)
  })

  test('trains on WebGPU, beginning as wasm does', async () => {
    const gpu = await trained('webgpu', true)
    console.log(`webgpu: first update after ${gpu.firstUpdateSeconds.toFixed(2)} s, ${gpu.device}`)
    expectLearned(gpu)
    expect(gpu.device).toMatch(/^WebGPU/)
    for (let i = 0; i < 3; i++) expect(Math.abs(gpu.losses[i] - wasm.losses[i])).toBeLessThan(1e-3)
  })

  test('pauses, and goes on', async () => {
    const { page } = await open('wasm', true)
    await page.waitForFunction(() => (globalThis as unknown as { spikelet: Numbers }).spikelet.losses.length > 2)
    await page.locator('#pause').click()
    await page.waitForFunction(() => (globalThis as unknown as { spikelet: Numbers }).spikelet.paused)
    await page.waitForTimeout(300)
    const before = (await numbersOf(page)).losses.length
    await page.waitForTimeout(300)
    expect((await numbersOf(page)).losses.length).toBe(before)
    await page.locator('#pause').click()
    await page.waitForFunction(
      (count) => (globalThis as unknown as { spikelet: Numbers }).spikelet.losses.length > count,
      before,
    )
    await page.close()
  })
})
