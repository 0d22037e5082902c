import { type Energy, type LayerEnergy, memoryTotal } from '../analysis/index.ts'
import { barChart } from './bar-chart.ts'
import { layerNames } from './network-picture.ts'
import { type Ink, plain } from './palette.ts'
import { sideBySide } from './svg.ts'

/** Names of the parts of the energy with memory. */
export const energyPartNames = {
  potentials: 'potentials',
  parameters: 'parameters',
  inOut: 'in and out',
  operations: 'operations',
  addressing: 'addressing',
} as const

/** An energy in picojoules with its unit: `12.3 µJ`. */
export function energyText(picojoules: number): string {
  if (picojoules === 0) return '0'
  const units = ['pJ', 'nJ', 'µJ', 'mJ', 'J']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(picojoules) / 3 + 1e-12)))
  return `${Number((picojoules / 1000 ** power).toPrecision(3))} ${units[power]}`
}

/** An estimate of energy, and what its bars look like. */
export interface LabelledEnergy {
  readonly label: string
  readonly colour: Ink
  readonly energy: Energy
}

/** Where an inference's energy goes: by part, and by layer. */
export function drawEnergy(energy: Energy): string {
  const { memory, synaptic, about } = energy
  const whole = memoryTotal(memory.inference)
  const description = `${about}: ${energyText(whole)} an inference with memory, ${energyText(synaptic.inference.energy)} for operations alone.`
  return sideBySide(
    { title: 'Energy', description },
    energyCharts([{ label: 'an inference', colour: plain.first, energy }]),
    2,
  )
}

/**
 * Bars of several estimates on one scale: with memory by part and by layer, and operations alone by layer.
 * @param names what layers are called, by path
 */
export function energyCharts(all: readonly LabelledEnergy[], names = namesIn(all)): string[] {
  const parts = Object.entries(energyPartNames) as [keyof typeof energyPartNames, string][]
  const layers = largest(all, names)
  const chart = (
    title: string,
    rows: readonly string[],
    energyIn: (energy: Energy, row: number) => number | undefined,
  ) =>
    barChart({
      title,
      description: all
        .map(
          ({ label, energy }) =>
            `${label}: ${rows.map((row, i) => `${row} ${energyText(energyIn(energy, i) ?? 0)}`).join(', ')}`,
        )
        .join('; '),
      x: `${title.toLowerCase()}, of an inference`,
      rows,
      groups: all.map(({ label, colour, energy }) => ({
        label,
        colour,
        values: rows.map((_, i) => energyIn(energy, i)),
      })),
      format: energyText,
    })
  const rows = layers.map(({ name }) => name)
  return [
    chart(
      'Energy with memory',
      parts.map(([, name]) => name),
      ({ memory }, i) => memory.inference[parts[i][0]],
    ),
    chart('Energy with memory, by layer', rows, (energy, i) =>
      sumOf(energy, layers[i].paths, ({ memory }) => memoryTotal(memory.inference)),
    ),
    chart('Operations alone, by layer', rows, (energy, i) =>
      sumOf(energy, layers[i].paths, ({ synaptic }) => synaptic.inference.energy),
    ),
  ]
}

function sumOf({ layers }: Energy, paths: readonly string[], of: (layer: LayerEnergy) => number): number | undefined {
  const own = layers.filter(({ path }) => paths.includes(path))
  return own.length === 0 ? undefined : own.reduce((sum, layer) => sum + of(layer), 0)
}

function namesIn(all: readonly LabelledEnergy[]): ReadonlyMap<string, string> {
  return layerNames(all[0].energy.layers.map(({ path, kind }) => ({ path, type: kind })))
}

/** More layers than these are summed up. */
const mostLayers = 16

interface Bars {
  readonly name: string
  readonly paths: readonly string[]
}

/** The layers that take most, in order of computation, and the others as one. */
function largest(all: readonly LabelledEnergy[], names: ReadonlyMap<string, string>): Bars[] {
  const layers = all.flatMap(({ energy }) => energy.layers)
  const nameOf = (path: string): Bars => ({ name: names.get(path) ?? path, paths: [path] })
  const paths = [...new Set(layers.map(({ path }) => path))]
  if (paths.length <= mostLayers) return paths.map(nameOf)
  const weight = (path: string) =>
    Math.max(...layers.filter((layer) => layer.path === path).map(({ memory }) => memoryTotal(memory.inference)))
  const kept = new Set([...paths].sort((a, b) => weight(b) - weight(a)).slice(0, mostLayers - 1))
  const others = paths.filter((path) => !kept.has(path))
  return [...paths.filter((path) => kept.has(path)).map(nameOf), { name: `${others.length} others`, paths: others }]
}
