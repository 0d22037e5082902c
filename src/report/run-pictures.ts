import { memoryTotal } from '../analysis/index.ts'
import { draw } from './draw.ts'
import { energyText } from './energy-chart.ts'
import { matrixMap } from './matrix-map.ts'
import { figureHtml } from './page.ts'
import type { RunGroup } from './run-groups.ts'
import type { RunGradients, RunSummary } from './run-summary.ts'
import { escapeXml } from './svg.ts'

/** Most layers whose maps are drawn for one run; of more, those spread evenly from the first to the last. */
const mostMaps = 6

function spreadEvenly<Item>(items: readonly Item[]): readonly Item[] {
  if (items.length <= mostMaps) return items
  return Array.from({ length: mostMaps }, (_, i) => items[Math.round((i * (items.length - 1)) / (mostMaps - 1))])
}

/** For the first run of each group, how much gradient each layer's neurons pass back through time. */
export function gradientMaps(groups: readonly RunGroup[]): string {
  return groups
    .map(({ runs, colour }) => {
      const run = runs.find(({ gradients }) => gradients)
      return run?.gradients ? mapsOf(run, run.gradients, colour) : ''
    })
    .join('\n')
}

function mapsOf({ name }: RunSummary, { layers, unit, about }: RunGradients, colour: number): string {
  const shown = spreadEvenly(layers)
  const largest = Math.max(0, ...shown.flatMap(({ size }) => size.flat()))
  const maps = shown.map(({ layer, size }) =>
    matrixMap({
      title: layer,
      description: `Size of ${unit} in ${layer}, from step t' (columns) back to step t (rows).`,
      size,
      largest,
      colour,
    }),
  )
  const some = shown.length < layers.length ? ` ${shown.length} of ${layers.length} layers.` : ''
  const caption = `${name}: size of ${unit}, how much of it the input of step t receives from step t'. ${about}.${some}`
  return figureHtml(`<div class="maps">${maps.join('\n')}</div>`, caption)
}

/** For the first run of each group, where the energy of an inference goes. */
export function energies(groups: readonly RunGroup[]): string {
  const known = groups.flatMap(({ runs }) => runs.find(({ energy }) => energy) ?? [])
  const figures = known.flatMap(({ name, energy }) => {
    if (!energy) return []
    const { accounting, memory, synaptic } = energy
    const caption =
      `${name}: ${energyText(memoryTotal(memory.inference))} an inference with memory, ` +
      `${energyText(synaptic.inference.energy)} for synaptic operations alone; an estimate, ${accounting} accounting.`
    const picture = `<div class="scroll" tabindex="0" role="region" aria-label="energy">${draw(energy)}</div>`
    return [figureHtml(picture, caption)]
  })
  const assumptions = [...new Set(known.flatMap(({ energy }) => energy?.assumptions ?? []))]
  if (assumptions.length === 0) return ''
  return `${figures.join('\n')}\n<p class="quiet">The estimate assumes: ${escapeXml(assumptions.join('; '))}.</p>`
}
