import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
/** The browser of tests. */
export const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

/** Whether there is a browser to try pages in. */
export const hasChromium = existsSync(chromiumPath)
if (!hasChromium) console.log(`The studio's pages were not tried: no ${chromiumPath}`)

export interface OpenedStudio {
  /** A folder of its own, gone in the end. */
  readonly folder: string
  /** With its token. */
  readonly address: string
  readonly browser: Browser
  /** A page of a fresh profile, and what it complained of. */
  opened(hash: string): Promise<{ page: Page; faults: string[] }>
  close(): Promise<void>
}

/** `spikelet studio` of an empty folder of runs, and a browser. */
export async function openStudio(): Promise<OpenedStudio> {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-studio-'))
  mkdirSync(join(folder, 'runs'))
  const studio = spawn(process.execPath, [command, 'studio', join(folder, 'runs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  studio.stdout.setEncoding('utf8').on('data', (part) => (text += part))
  while (!text.includes('\n')) await pause(20)
  const address = text.split('\n')[0]
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  return {
    folder,
    address,
    browser,
    async opened(hash) {
      const page = await (await browser.newContext()).newPage()
      page.setDefaultTimeout(0)
      const faults: string[] = []
      page.on('pageerror', ({ message }) => faults.push(message))
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
      await page.goto(address + hash)
      return { page, faults }
    },
    async close() {
      await browser.close()
      studio.kill('SIGINT')
      await new Promise((resolve) => studio.on('close', resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
