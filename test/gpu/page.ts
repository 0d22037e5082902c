import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { buildPage } from '../../examples/browser/build.mjs'
import { serveFolder } from '../../examples/browser/serve.mjs'

/** What the page tells the console. */
export interface Numbers {
  readonly losses: readonly number[]
  readonly firstUpdateSeconds: number
  readonly device: string
  readonly paused: boolean
  readonly answers: number
}

/** The example page in headless Chromium; the shot of each way of computing is kept where `SPIKELET_SHOTS` says. */
const manyUpdates = 50

/** Where the page was built. */
export let folder: string
let browser: Browser
const servers: Server[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-page-'))
  await buildPage(folder)
  browser = await chromium.launch({
    timeout: 0,
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

export async function open(
  backend: string,
  isolated: boolean,
  updates = manyUpdates,
): Promise<{ page: Page; errors: string[] }> {
  const { server, address } = await serveFolder(folder, { isolated })
  servers.push(server)
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
  page.setDefaultTimeout(0)
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(`${address}?backend=${backend}&updates=${updates}`)
  return { page, errors }
}

export const numbersOf = (page: Page): Promise<Numbers> =>
  page.evaluate(() => (globalThis as unknown as { spikelet: Numbers }).spikelet)

export async function trained(backend: string, isolated: boolean, updates = manyUpdates): Promise<Numbers> {
  const { page, errors } = await open(backend, isolated, updates)
  const state = page.locator('#state')
  await page.waitForFunction(
    (count) => {
      const { losses } = (globalThis as unknown as { spikelet: Numbers }).spikelet
      return losses.length >= count || document.querySelector('#state.failed') !== null
    },
    updates,
    { polling: 200 },
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

export function expectLearned({ losses }: Numbers): void {
  expect(losses.length).toBe(manyUpdates)
  const last = losses.slice(-5).reduce((sum, loss) => sum + loss, 0) / 5
  expect(last).toBeLessThan(losses[0] / 2)
}
