import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { expectLearned, folder, type Numbers, numbersOf, open, trained } from './page.ts'

/** The scripts that a page loads before anybody asks for more, in the folder. */
async function loadedAtOnce(): Promise<ReadonlySet<string>> {
  const scripts = new Set<string>()
  const add = async (file: string): Promise<void> => {
    if (scripts.has(file)) return
    scripts.add(file)
    const text = await readFile(join(folder, file), 'utf8')
    for (const [, from] of text.matchAll(/(?:from|import)"(\.[^"]+)"/g)) await add(join(dirname(file), from))
  }
  for (const file of await readdir(folder)) if (file.endsWith('.js')) await add(file)
  return scripts
}

describe('the page', () => {
  let wasm: Numbers

  test('weighs less than 400 kB of packed scripts', async () => {
    let bytes = 0
    for (const file of await loadedAtOnce()) bytes += gzipSync(await readFile(join(folder, file))).length
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
    // As few as show it: in software one update takes a second.
    const gpu = await trained('webgpu', true, 6)
    console.log(`webgpu: first update after ${gpu.firstUpdateSeconds.toFixed(2)} s, ${gpu.device}`)
    expect(gpu.losses.length).toBe(6)
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
