import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { chromium } from 'playwright-core'
import { build, createServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const program = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

const page = `
const worker = new Worker(new URL('./work.js', import.meta.url), { type: 'module' })
worker.onmessage = ({ data }) => { document.title = data }
worker.onerror = ({ message }) => { document.title = 'error: ' + message }`

/** Trains on two threads, one of which is a worker of the package. */
const work = `
import { arrayDataset, Linear, lif, Network, pageBackend, predict, Sequential, Spiking, train } from 'spikelet/browser'
const layer = new Sequential([new Linear({ features: 4 }), new Spiking({ neuron: lif() }), new Linear({ features: 2 })])
const net = new Network({ name: 'page', input: [2], layer })
try {
  const backend = await pageBackend({ threads: 2 })
  const side = arrayDataset({ x: Float32Array.of(1, 2, 3, 4), shape: [2], y: [0, 1] })
  const datasets = { name: 'page', train: side, test: side, notes: [] }
  await train(net, datasets, { T: 2, epochs: 1, batch: 2, backend, validation: 'none' })
  const { shares } = await predict(net, Float32Array.of(1, 2), { T: 2 })
  postMessage(backend.info.threads + ' threads, ' + shares.length + ' shares')
} catch (error) {
  postMessage('failed: ' + error.message)
}`

describe.skipIf(!existsSync(program))('a page of Vite, with the package as it is installed', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'spikelet-vite-'))
    const modules = join(folder, 'node_modules')
    const installed = join(modules, 'spikelet')
    mkdirSync(installed, { recursive: true })
    cpSync(join(root, 'dist'), join(installed, 'dist'), { recursive: true })
    cpSync(join(root, 'package.json'), join(installed, 'package.json'))
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const name of Object.keys(dependencies)) {
      mkdirSync(dirname(join(modules, name)), { recursive: true })
      symlinkSync(join(root, 'node_modules', name), join(modules, name))
    }
    writeFileSync(join(folder, 'package.json'), '{ "name": "page", "type": "module" }')
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><title>wait</title><script type="module" src="/page.js"></script>',
    )
    writeFileSync(join(folder, 'page.js'), page)
    writeFileSync(join(folder, 'work.js'), work)
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** What the page says in its title once it is done. */
  async function titleAt(address: string): Promise<string> {
    const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] })
    try {
      const tab = await browser.newPage()
      await tab.goto(address)
      await tab.waitForFunction("document.title !== 'wait'", undefined, { timeout: 60_000 })
      return await tab.title()
    } finally {
      await browser.close()
    }
  }

  const options = () => ({ root: folder, configFile: false, logLevel: 'silent', worker: { format: 'es' } }) as const

  test('trains on two threads in development', async () => {
    const server = await createServer({ ...options(), server: { headers, port: 0, fs: { strict: false } } })
    try {
      await server.listen()
      expect(await titleAt(server.resolvedUrls!.local[0])).toBe('2 threads, 2 shares')
    } finally {
      await server.close()
    }
  })

  test('trains on two threads when it is built', async () => {
    await build(options())
    const server = await preview({ ...options(), preview: { headers, port: 0 } })
    try {
      expect(await titleAt(server.resolvedUrls!.local[0])).toBe('2 threads, 2 shares')
    } finally {
      await server.close()
    }
  })
})
