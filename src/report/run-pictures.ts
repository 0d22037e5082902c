import { memoryTotal } from '../analysis/index.ts'
import { energyCharts, energyText } from './energy-chart.ts'
import { matrixMap } from './matrix-map.ts'
import { layerNames, networkPicture } from './network-picture.ts'
import { figureHtml } from './page.ts'
import { rasterChart } from './raster-chart.ts'
import type { RunGroup } from './run-groups.ts'
import type { RunGradients, RunSummary } from './run-summary.ts'
import { escapeXml } from './svg.ts'

/** Most layers that are drawn for one run; of more, those spread evenly from the first to the last. */
const mostLayers = 6

function spreadEvenly<Item>(items: readonly Item[]): readonly Item[] {
  if (items.length <= mostLayers) return items
  return Array.from({ length: mostLayers }, (_, i) => items[Math.round((i * (items.length - 1)) / (mostLayers - 1))])
}

/** What a run's pictures call its layers, by path. */
export function namesOfLayers({ network, energy, firingRates }: RunSummary): ReadonlyMap<string, string> {
  if (network) return layerNames(network)
  if (energy) return layerNames(energy.layers.map(({ path, kind }) => ({ path, type: kind })))
  return layerNames(firingRates.map(({ layer }) => ({ path: layer, type: 'neurons' })))
}

/** Every model's layers, once. */
export function networks(runs: readonly RunSummary[]): string {
  const models = [...new Map(runs.flatMap((run) => (run.network ? [[run.model, run.network] as const] : []))).entries()]
  return models
    .map(([model, layers]) =>
      figureHtml(
        networkPicture(model, layers),
        `${model}, from its input down to its output. Layers of neurons are framed. The pictures below use these names.`,
      ),
    )
    .join('\n')
}

/** For the first run of each group that has them, spikes and potentials of its layers. */
export function rasters(groups: readonly RunGroup[], nameOf: (run: RunSummary) => string): string {
  return groups
    .flatMap(({ runs, colour }) => {
      const run = runs.find(({ raster }) => raster)
      if (!run?.raster) return []
      const { T, panels, about } = run.raster
      const names = namesOfLayers(run)
      const charts = spreadEvenly(panels).map((panel) =>
        rasterChart({ ...panel, name: names.get(panel.name) ?? panel.name, T, colour }),
      )
      const caption =
        `${nameOf(run)}, ${about}. Above, a row for each neuron and a mark for each spike; below, the membrane potential ` +
        'of one of these neurons before its reset, with a dot where it fires. The dashed line is its threshold.'
      return [figureHtml(`<div class="maps">${charts.join('\n')}</div>`, caption)]
    })
    .join('\n')
}

/** For the first run of each group, how much gradient each layer's neurons pass back through time. */
export function gradientMaps(groups: readonly RunGroup[], nameOf: (run: RunSummary) => string): string {
  return groups
    .map(({ runs, colour }) => {
      const run = runs.find(({ gradients }) => gradients)
      return run?.gradients ? mapsOf(run, nameOf(run), run.gradients, colour) : ''
    })
    .filter(Boolean)
    .join('\n')
}

function mapsOf(run: RunSummary, name: string, { layers, unit, about }: RunGradients, colour: number): string {
  const names = namesOfLayers(run)
  const shown = spreadEvenly(layers)
  const largest = Math.max(0, ...shown.flatMap(({ size }) => size.flat()))
  const maps = shown.map(({ layer, size }) =>
    matrixMap({
      title: names.get(layer) ?? layer,
      description: `Size of ${unit} in ${layer}, from step t' (columns) back to step t (rows).`,
      size,
      largest,
      colour,
    }),
  )
  const some = shown.length < layers.length ? ` ${shown.length} of ${layers.length} layers.` : ''
  const caption = `${name}: size of ${unit}, how much gradient the input of step t receives from step t'. ${about}.${some}`
  return figureHtml(`<div class="maps">${maps.join('\n')}</div>`, caption)
}

/** For the first run of each group, where the energy of an inference goes, all on one scale. */
export function energies(groups: readonly RunGroup[], nameOf: (run: RunSummary) => string): string {
  const known = groups.flatMap(({ label, colour, runs }) => {
    const run = runs.find(({ energy }) => energy)
    return run?.energy ? [{ label, colour, run, energy: run.energy }] : []
  })
  if (known.length === 0) return ''
  const charts = energyCharts(known, namesOfLayers(known[0].run)).map((chart) => figureHtml(chart, ''))
  const words = known.map(
    ({ run, energy: { accounting, memory, synaptic } }) =>
      `${nameOf(run)}: ${energyText(memoryTotal(memory.inference))} an inference with memory, ` +
      `${energyText(synaptic.inference.energy)} for synaptic operations alone; an estimate, ${accounting} accounting.`,
  )
  const assumptions = [...new Set(known.flatMap(({ energy }) => energy.assumptions))]
  return `<div class="pair">${charts.join('\n')}</div>
<ul class="quiet">${words.map((line) => `<li>${escapeXml(line)}</li>`).join('')}</ul>
<details><summary>What the estimate assumes</summary><ul class="quiet">${assumptions.map((line) => `<li>${escapeXml(line)}</li>`).join('')}</ul></details>`
}
