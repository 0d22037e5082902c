import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { chromiumPath, hasChromium } from '../../test/studio/opened-studio.ts'
import { PlanRun, planOf, wasmProgram } from '../deploy/index.ts'
import { filled, testedNetworks } from '../deploy/testing/networks.ts'
import { clif } from '../neurons/index.ts'
import { demoPage } from './demo-page.ts'

// Without a browser this is reported as skipped.
test.skipIf(!hasChromium)('the page of a module answers to a drawing, from a file and without a network', async () => {
  const plan = planOf(filled(testedNetworks.convolutional(clif())))
  const { bytes } = wasmProgram(plan)
  const normalise = { mean: [0.2], deviation: [0.5] }
  const classes = ['a', '<b>', 'c', 'd', 'e']
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-page-'))
  const file = join(folder, 'net.html')
  writeFileSync(file, demoPage(bytes, { name: plan.name, input: [10, 9, 2], classes, T: 6, normalise }))
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    const faults: string[] = []
    page.on('pageerror', ({ message }) => faults.push(message))
    page.on('request', (request) => request.url().startsWith('file:') || faults.push(request.url()))
    await page.goto(pathToFileURL(file).href)
    await page.locator('.bar').nth(4).waitFor()
    expect(await page.locator('.bar').allInnerTexts()).toEqual(classes)
    const shares = () =>
      page.locator('.bar i').evaluateAll((bars) => bars.map((bar) => Number.parseFloat(bar.style.width)))

    /** What the plan gives for a picture, as shares of the softmax. */
    const wanted = (pixels: readonly number[]) => {
      const run = new PlanRun(plan)
      const sums = new Float64Array(5)
      const frame = Float32Array.from({ length: 180 }, (_, i) => (pixels[Math.floor(i / 2)] - 0.2) / 0.5)
      for (let t = 0; t < 6; t++) run.step(frame).forEach((value, k) => (sums[k] += value / 6))
      const powers = sums.map((sum) => Math.exp(sum - Math.max(...sums)))
      const all = powers.reduce((a, b) => a + b)
      return [...powers].map((power) => (100 * power) / all)
    }
    const expectShares = async (pixels: readonly number[]) => {
      const found = await shares()
      wanted(pixels).forEach((share, k) => void expect(Math.abs(share - found[k])).toBeLessThan(0.1))
    }
    await expectShares(new Array(90).fill(0))
    const field = page.locator('canvas')
    const box = await field.boundingBox()
    await page.mouse.move(box!.x + box!.width / 2, box!.y + box!.height / 2)
    await page.mouse.down()
    await page.mouse.move(box!.x + box!.width / 2, box!.y + box!.height / 4)
    await page.mouse.up()
    const drawn = await field.evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, 9, 10)
      return Array.from({ length: 90 }, (_, i) => data[4 * i] / 255)
    })
    expect(Math.max(...drawn)).toBeGreaterThan(0.5)
    const found = await shares()
    expect(found.reduce((a, b) => a + b)).toBeCloseTo(100, 1)
    await page.getByRole('button', { name: 'Clear' }).click()
    await expectShares(new Array(90).fill(0))
    expect(await shares()).not.toEqual(found)
    expect(faults).toEqual([])
  } finally {
    await browser.close()
    rmSync(folder, { recursive: true })
  }
})
