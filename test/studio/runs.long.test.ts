import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { writeManyRuns } from './many-runs.ts'
import { commandLine, noBrowser, type OpenStudio, openBrowser, openPage, openStudio } from './studio-page.ts'

const small = ['--model=dense', '--hidden=16', '--limit=200', '--T=2', '--threads=1']

function spikelet(...words: string[]) {
  const child = spawn(process.execPath, [commandLine, ...words], { stdio: 'ignore' })
  return { child, ended: new Promise<number | null>((resolve) => child.once('close', resolve)) }
}

describe.skipIf(noBrowser !== '')(`the Runs page in Chromium${noBrowser}`, () => {
  let browser: Browser
  let folder: string
  let studio: OpenStudio

  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'spikelet-runs-page-'))
  })
  afterEach(async () => {
    if (studio.child.exitCode === null) await studio.end()
    rmSync(folder, { recursive: true, force: true })
  })

  it('lists 200 runs of 300 epochs', async () => {
    writeManyRuns(folder, { runs: 200, epochs: 300 })
    studio = await openStudio(folder)
    const { page, faults } = await openPage(browser)
    const start = performance.now()
    await page.goto(studio.address)
    await page.locator('table.runs tbody tr').first().waitFor()
    const listed = performance.now() - start
    await page.locator('.pictures svg.chart').first().waitFor()
    const drawn = performance.now() - start
    console.log(`200 runs of 300 epochs: the table after ${listed.toFixed(0)} ms, curves after ${drawn.toFixed(0)} ms`)
    expect(await page.getByText('200 runs', { exact: false }).count()).toBeGreaterThan(0)
    await page.getByLabel('Together by').selectOption('none')
    expect(await page.locator('table.runs tbody tr').count()).toBe(200)
    await page.getByLabel('Filter').fill('neuron=clif T=4')
    expect(await page.locator('table.runs tbody tr').count()).toBe(15)
    expect(faults).toEqual([])
  })

  it('shows a training of the command line while it goes on', async () => {
    studio = await openStudio(folder)
    const { page, faults } = await openPage(browser)
    await page.goto(studio.address)
    await page.getByText('There are no runs here yet').waitFor()
    const run = spikelet('train', 'fashion-mnist', ...small, '--epochs=300', '--out', folder, '--name=live')
    await page.locator('.state.training', { hasText: 'training' }).waitFor()
    const epochs = page.locator('table.runs .progress')
    await page.waitForFunction(() =>
      /^\d+ of 300/.test(document.querySelector('table.runs .progress')?.textContent ?? ''),
    )
    const first = Number.parseInt((await epochs.textContent()) ?? '', 10)
    await page.waitForFunction(
      (seen) => Number.parseInt(document.querySelector('table.runs .progress')?.textContent ?? '', 10) > seen,
      first,
    )
    expect(await run.ended).toBe(0)
    await page.locator('.state.finished').waitFor()
    expect(await epochs.textContent()).toBe('300')
    expect(faults).toEqual([])
  })

  it('starts a sweep that is stopped and goes on here', async () => {
    studio = await openStudio(folder)
    const { page, faults } = await openPage(browser)
    await page.goto(studio.address)
    const form = await filledForm(page, { epochs: '40', T: '2', limit: '200', name: 'swept' })
    await form.getByText('Several values: a sweep').click()
    await form.getByRole('button', { name: 'Vary an option' }).click()
    await form.getByLabel('values of lr').fill('0.05, 0.1')
    await form.getByLabel('seeds of each').fill('2')
    await form.getByRole('button', { name: 'Start 4 runs' }).click()
    await page.locator('table.runs .state.training').waitFor()
    const list = page.getByRole('region', { name: /Trainings that were started here/ })
    await list.locator('summary', { hasText: 'swept' }).click()
    await list.getByRole('button', { name: 'Stop the sweep' }).click()
    await page.getByRole('button', { name: 'Go on with swept' }).click()
    await page.getByText('4 runs in').waitFor()
    await page.waitForFunction(() => document.querySelectorAll('table.runs .state.training').length === 0)
    await list.waitFor({ state: 'detached' })
    expect(
      readdirSync(join(folder, 'swept'))
        .filter((name) => name.startsWith('clif'))
        .sort(),
    ).toEqual(['clif-T2-lr0.05-seed1', 'clif-T2-lr0.05-seed2', 'clif-T2-lr0.1-seed1', 'clif-T2-lr0.1-seed2'])
    expect(
      readFileSync(join(folder, 'swept', 'sweep.csv'), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(5)
    expect(faults).toEqual([])
  })

  it('starts a training that is stopped here and resumed on the command line', async () => {
    studio = await openStudio(folder)
    const { page, faults } = await openPage(browser)
    await page.goto(studio.address)
    const form = await filledForm(page, { epochs: '2000', T: '2', limit: '200', name: 'from-the-page' })
    await form.getByRole('button', { name: 'Start', exact: true }).click()
    await page.locator('table.runs .state.training').waitFor()
    await page.waitForFunction(() =>
      /^[2-9]\d* of 2000/.test(document.querySelector('table.runs .progress')?.textContent ?? ''),
    )
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.locator('table.runs .state.stopped').waitFor()
    const run = join(folder, 'from-the-page')
    expect(readdirSync(run)).toContain('checkpoints')
    const before = readFileSync(join(run, 'epochs.jsonl'), 'utf8').trim().split('\n').length
    const resumed = spikelet('train', '--resume', run, '--epochs=2005')
    await page.locator('table.runs .state.training').waitFor()
    resumed.child.kill('SIGTERM')
    expect(await resumed.ended).toBe(130)
    await page.locator('table.runs .state.stopped').waitFor()
    const lines = readFileSync(join(run, 'epochs.jsonl'), 'utf8').trim().split('\n')
    expect(lines.length).toBeGreaterThanOrEqual(before)
    expect(JSON.parse(lines[lines.length - 1]).epoch).toBe(lines.length)
    expect(faults).toEqual([])
  })

  it('ends its trainings with a checkpoint when the studio ends', async () => {
    studio = await openStudio(folder)
    const { page } = await openPage(browser)
    await page.goto(studio.address)
    const started = await page.evaluate(async () => {
      const token = sessionStorage.getItem('spikelet-token') ?? ''
      const options = { model: 'dense', hidden: [16], limit: 200, T: 2, epochs: 3000, name: 'left' }
      const response = await fetch('./api/start', {
        method: 'POST',
        headers: { 'X-Spikelet-Token': token, 'Content-Type': 'application/json' },
        body: JSON.stringify({ dataset: 'fashion-mnist', options }),
      })
      return response.status
    })
    expect(started).toBe(200)
    await page.waitForFunction(() =>
      /^[2-9]\d* of 3000/.test(document.querySelector('table.runs .progress')?.textContent ?? ''),
    )
    expect(await studio.end()).toBe(0)
    const left = join(folder, 'left')
    // Nobody holds it any more, and it goes on from what was saved.
    expect(readdirSync(left).filter((name) => name.startsWith('lock-'))).toEqual([])
    expect(readdirSync(join(left, 'checkpoints'))).toContain('last.safetensors')
  })

  it('runs nothing that stands in the names of runs, classes and files', async () => {
    const attack = '<img src=x onerror="window.attacked=true"><script>window.attacked=true</script>'
    writeManyRuns(join(folder, 'made'), { runs: 1, epochs: 3 })
    const made = join(folder, 'made', 'lif-T2-000-seed1')
    const named = join(folder, '<img src=x onerror=window.attacked=true>')
    cpSync(made, named, { recursive: true })
    rmSync(join(folder, 'made'), { recursive: true })
    const summary = JSON.parse(readFileSync(join(named, 'summary.json'), 'utf8'))
    summary.classes = summary.classes.map(() => attack)
    Object.assign(summary, { neuron: attack, model: attack, dataset: attack, command: attack })
    summary.confused = [{ index: 1, truth: attack, taken: attack, width: 1, height: 1, png: '' }]
    summary.firingRates = [{ layer: attack, rate: 0.1 }]
    writeFileSync(join(named, 'summary.json'), JSON.stringify(summary))
    const config = JSON.parse(readFileSync(join(named, 'config.json'), 'utf8'))
    Object.assign(config, { model: attack, dataset: { name: attack } })
    writeFileSync(join(named, 'config.json'), JSON.stringify(config))
    mkdirSync(join(folder, 'broken'))
    writeFileSync(join(folder, 'broken', 'config.json'), attack)
    studio = await openStudio(folder)
    const { page, faults } = await openPage(browser)
    await page.goto(studio.address)
    await page.getByLabel('Together by').selectOption('none')
    await page.locator('table.runs .link', { hasText: 'onerror' }).click()
    await page.locator('.pictures .sample').waitFor()
    expect(await page.evaluate(() => (window as unknown as { attacked?: boolean }).attacked)).toBeUndefined()
    expect(await page.locator('img[src="x"], main script').count()).toBe(0)
    expect(faults).toEqual([])
  })

  it('tells another site nothing, and starts nothing for it', async () => {
    writeManyRuns(folder, { runs: 1, epochs: 1 })
    studio = await openStudio(folder)
    const other = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>other</title>')
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { page } = await openPage(browser)
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`)
    const studioAt = new URL(studio.address)
    const token = studioAt.searchParams.get('token') ?? ''
    // Even with the token, which it cannot know.
    const heard = await page.evaluate(
      async ([origin, known]) => {
        const body = JSON.stringify({ dataset: 'fashion-mnist', options: { name: 'attack', epochs: 1, limit: 10 } })
        const tries: [string, RequestInit][] = [
          ['/api/runs', { headers: { 'X-Spikelet-Token': known } }],
          ['/api/runs', { mode: 'no-cors' }],
          [
            '/api/start',
            { method: 'POST', body, headers: { 'X-Spikelet-Token': known, 'Content-Type': 'application/json' } },
          ],
          ['/api/start', { method: 'POST', body, mode: 'no-cors' }],
          ['/', { mode: 'no-cors' }],
        ]
        const answers: string[] = []
        for (const [path, options] of tries) {
          answers.push(
            await fetch(origin + path, options).then(
              (answer) => answer.text(),
              () => 'nothing',
            ),
          )
        }
        return answers
      },
      [studioAt.origin, token] as const,
    )
    expect(heard.every((text) => text === 'nothing' || text === '')).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(readdirSync(folder)).toEqual(['lif-T2-000-seed1'])
    await new Promise((resolve) => other.close(resolve))
  })
})

/** The form of a small dense network, with these values of its options. */
async function filledForm(page: Page, values: { readonly [name: string]: string }): Promise<Locator> {
  await page.getByRole('button', { name: 'Start a training' }).click()
  const form = page.getByRole('form', { name: 'Start a training' })
  await form.getByLabel('model', { exact: true }).selectOption('dense')
  for (const [name, text] of Object.entries(values)) await form.getByLabel(name, { exact: true }).fill(text)
  await form.getByText('What is trained').click()
  await form.getByLabel('hidden', { exact: true }).fill('16')
  return form
}
