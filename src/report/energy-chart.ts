import { type Energy, memoryTotal } from '../analysis/index.ts'
import { barChart } from './bar-chart.ts'
import { sideBySide } from './svg.ts'

/** Names of the parts of the energy with memory. */
export const energyPartNames = {
  potentials: 'potentials',
  parameters: 'parameters',
  inOut: 'inputs, outputs',
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
  const shown = layers.filter((layer) => memoryTotal(layer.memory.inference) > 0 || layer.synaptic.inference.energy > 0)
  const byLayer = barChart({
    title: 'By layer',
    description: shown.map(({ path, memory: own }) => `${path} ${energyText(memoryTotal(own.inference))}`).join('; '),
    x: 'energy of an inference',
    rows: shown.map(({ path }) => path),
    groups: [
      { label: 'with memory', colour: 0, values: shown.map((layer) => memoryTotal(layer.memory.inference)) },
      { label: 'operations alone', colour: 1, values: shown.map((layer) => layer.synaptic.inference.energy) },
    ],
    format: energyText,
  })
  const description = `${about}: ${energyText(whole)} an inference with memory, ${energyText(synaptic.inference.energy)} for operations alone.`
  return sideBySide({ title: 'Energy', description }, [byPart, byLayer])
}
