import { type Energy, type LayerEnergy, memoryTotal } from '../analysis/index.ts'
import { barChart } from './bar-chart.ts'
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

/** Where an inference's energy goes: by part, and by layer. */
export function drawEnergy(value: Energy): string {
  const { memory, synaptic, layers, about } = value
  const parts = Object.entries(energyPartNames) as [keyof typeof energyPartNames, string][]
  const whole = memoryTotal(memory.inference)
  const byPart = barChart({
    title: 'With memory, by part',
    description: parts.map(([part, name]) => `${name} ${energyText(memory.inference[part])}`).join('; '),
    x: 'energy of an inference',
    rows: parts.map(([, name]) => name),
    groups: [{ label: `all ${energyText(whole)}`, colour: 0, values: parts.map(([part]) => memory.inference[part]) }],
    format: energyText,
  })
  const shown = largest(layers)
  const byLayer = barChart({
    title: 'By layer',
    description: shown.map(({ name, memory: own }) => `${name} ${energyText(own)}`).join('; '),
    x: 'energy of an inference',
    rows: shown.map(({ name }) => name),
    groups: [
      { label: 'with memory', colour: 0, values: shown.map((layer) => layer.memory) },
      { label: 'operations alone', colour: 1, values: shown.map((layer) => layer.operations) },
    ],
    format: energyText,
  })
  const description = `${about}: ${energyText(whole)} an inference with memory, ${energyText(synaptic.inference.energy)} for operations alone.`
  return sideBySide({ title: 'Energy', description }, [byPart, byLayer])
}

/** More layers than these are summed up. */
const mostLayers = 16

interface Bars {
  readonly name: string
  readonly memory: number
  readonly operations: number
}

/** The layers that take most, in order of computation, and the others as one. */
function largest(layers: readonly LayerEnergy[]): Bars[] {
  const all = layers.map(
    ({ path, memory, synaptic }): Bars => ({
      name: path,
      memory: memoryTotal(memory.inference),
      operations: synaptic.inference.energy,
    }),
  )
  if (all.length <= mostLayers) return all
  const weight = ({ memory, operations }: Bars) => Math.max(memory, operations)
  const kept = new Set([...all].sort((a, b) => weight(b) - weight(a)).slice(0, mostLayers - 1))
  const others = all.filter((layer) => !kept.has(layer))
  return [
    ...all.filter((layer) => kept.has(layer)),
    {
      name: `${others.length} others`,
      memory: others.reduce((sum, { memory }) => sum + memory, 0),
      operations: others.reduce((sum, { operations }) => sum + operations, 0),
    },
  ]
}
