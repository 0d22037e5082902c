import { describe, expect, test } from 'vitest'
import { energy } from '../analysis/index.ts'
import { modelNamed } from '../models/index.ts'
import { clif } from '../neurons/index.ts'
import { reportHtml } from './report.ts'
import { epochStatistics, groupRuns, statisticsOf } from './run-groups.ts'
import type { RunSummary } from './run-summary.ts'

function run(neuron: string, seed: number, more: Partial<RunSummary> = {}): RunSummary {
  return {
    name: `${neuron}-${seed}`,
    neuron,
    model: 'snn5',
    dataset: 'fashion-mnist',
    command: `npx spikelet train fashion-mnist --neuron ${neuron} --seed ${seed}`,
    config: { seed },
    epochs: [1, 2].map((epoch) => ({
      epoch,
      trainLoss: 2 / epoch + seed,
      trainAccuracy: 0.4 * epoch,
      validationAccuracy: 0.3 * epoch,
      learningRate: 0.1,
      imagesPerSecond: 100,
    })),
    final: { testAccuracy: 0.8 + seed / 10, lastEpochTestAccuracy: 0.75, bestEpoch: 2, rule: 'last epoch' },
    firingRates: [{ layer: 'spiking1', rate: 0.125 }],
    confusion: [[5, 2], [1, 6]], // biome-ignore format: a matrix
    classes: ['cat', 'dog'],
    ...more,
  }
}

/** Every tag that opens is closed, in order. */
function expectWellFormed(html: string): void {
  const open: string[] = []
  for (const [, closing, name, selfClosed] of html.matchAll(/<(\/?)([a-zA-Z][\w]*)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (selfClosed || name === 'meta') continue
    if (closing) expect(open.pop()).toBe(name)
    else open.push(name)
  }
  expect(open).toEqual([])
}

describe('report', () => {
  test('holds every part, and needs nothing beside itself', () => {
    const html = reportHtml([run('lif', 0), run('clif', 0)])
    expectWellFormed(html)
    for (const text of ['lif, clif on fashion-mnist', '80.00 %', 'How it learnt', 'npx spikelet train', '12.5']) {
      expect(html).toContain(text)
    }
    expect(html).toContain('Most often, cat was taken for dog: 2 of 7, 29 %.')
    expect(html).not.toMatch(/<script|<link|src=|url\(|@import/)
    expect(html.match(/role="img" aria-label="[^"]{20,}"/g)?.length).toBe(5)
  })

  test('writes what a foreign record says as text, wherever it says it', () => {
    const evil = '<script>alert(1)</script>'
    const final = { testAccuracy: 0.5, lastEpochTestAccuracy: 0.5, bestEpoch: evil as unknown as number, rule: evil }
    const html = reportHtml([run(evil, 0, { name: evil, model: evil, dataset: evil, final, classes: [evil, evil] })])
    expect(html).not.toContain('<script')
    expect(html).toContain('&lt;script&gt;alert(1)')
  })

  test('draws gradients and energy of the first run that has them', () => {
    const network = modelNamed('snn5')({ input: [16, 16, 1], classes: 2, neuron: clif(), T: 2 })
    const rates = Object.fromEntries([...network.neurons.keys()].map((path) => [path, 0.1]))
    const size = [[1, 0.25], [0, 1]] // biome-ignore format: a matrix
    const layers = Array.from({ length: 9 }, (_, i) => ({ layer: `layer${i}`, size }))
    const gradients = { unit: "d s[t'] / d x[t]", about: 'snn5, local', layers }
    const html = reportHtml([run('clif', 0), run('clif', 1, { gradients, energy: energy(network, { T: 2, rates }) })])
    expectWellFormed(html)
    expect(html).toContain('Where gradients go through time')
    expect(html).toContain('6 of 9 layers')
    expect(html.match(/from step 2 to step 1: 0\.250/g)?.length).toBe(6)
    expect(html).toMatch(/clif-1: [\d.]+ .J an inference with memory/)
    expect(reportHtml([run('clif', 0)])).not.toContain('Where gradients go')
  })

  test('seeds of one neuron become a mean with its spread', () => {
    const runs = [run('clif', 0), run('clif', 1)]
    const html = reportHtml(runs)
    expect(html).toContain('85.00 %')
    expect(html).toContain('± 7.07 over 2 runs')
    expect(html).toContain('class="band"')
    expect(reportHtml([run('clif', 0)])).not.toContain('class="band"')
    const [group] = groupRuns(runs)
    expect(epochStatistics(group, (epoch) => epoch.trainLoss)).toEqual([
      { epoch: 1, statistics: statisticsOf([2, 3]) },
      { epoch: 2, statistics: statisticsOf([1, 2]) },
    ])
  })

  test('different models or data sets stay apart, and are named', () => {
    const labels = groupRuns([run('clif', 0), run('clif', 1, { model: 'resnet18' })]).map(({ label }) => label)
    expect(labels).toEqual(['clif, snn5', 'clif, resnet18'])
  })

  test('without validation, the test curve is drawn and called so', () => {
    const epochs = [
      { epoch: 1, trainLoss: 1, trainAccuracy: 0.5, testAccuracy: 0.4, learningRate: 0.1, imagesPerSecond: 9 },
    ]
    expect(reportHtml([run('clif', 0, { epochs })])).toContain('clif, test')
  })

  test('names are text, never markup', () => {
    const nasty = '<img src=x onerror="alert(1)">&'
    const odd = { name: nasty, model: nasty, dataset: nasty, command: nasty, classes: [nasty, 'b'] }
    const html = reportHtml([
      run(nasty, 0, { ...odd, config: { [nasty]: nasty }, firingRates: [{ layer: nasty, rate: 0.1 }] }),
    ])
    expect(html).not.toContain('<img')
    expectWellFormed(html)
  })

  test('runs that broke off, diverged or never began are reported too', () => {
    const epochs = [
      { epoch: 1, trainLoss: Number.NaN, trainAccuracy: 0.1, learningRate: 0.1, imagesPerSecond: Number.NaN },
    ]
    const { confusion: _, classes: __, ...bare } = run('clif', 0, { epochs, firingRates: [] })
    const final = { ...bare.final, testAccuracy: Number.NaN }
    for (const html of [reportHtml([bare]), reportHtml([{ ...bare, epochs: [], final }]), reportHtml([])]) {
      expectWellFormed(html)
      expect(html).not.toMatch(/NaN|undefined/)
    }
    expect(reportHtml([])).toContain('No runs yet')
  })
})
