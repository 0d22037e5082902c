import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

const root = join(import.meta.dirname, '../..')
const program = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

/** Said where these tests are left out. */
export const noBrowser = existsSync(program)
  ? ''
  : ` (left out: no Chromium at ${program}; CHROMIUM_PATH names another)`

export const commandLine = join(root, 'dist/cli/main.js')

export interface OpenStudio {
  readonly address: string
  readonly child: ChildProcess
  /** Ctrl-C, and its exit code. */
  end(): Promise<number | null>
}

/** `spikelet studio` in a process, as a person starts it. */
export async function openStudio(folder: string): Promise<OpenStudio> {
  const child = spawn(process.execPath, [commandLine, 'studio', folder, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const address = await new Promise<string>((resolve, reject) => {
    const hear = (bytes: Buffer) => {
      text += bytes.toString()
      const found = /http:\/\/\S+(?=\n)/.exec(text)?.[0]
      if (found) resolve(`${found}#/runs`)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('close', () => reject(new Error(`the studio did not start: ${text}`)))
  })
  return {
    address,
    child,
    end() {
      child.kill('SIGINT')
      return ended
    },
  }
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: program, args: ['--no-sandbox'] })
}

/** A page, and what its console complains of. */
export async function openPage(browser: Browser): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', ({ message }) => faults.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  return { page, faults }
}
