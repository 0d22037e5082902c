import { type Neuron, neuronText } from 'spikelet/browser'

/** What a neuron is compiled to, as text. It comes with the compiler, so it is loaded when somebody asks. */
export function kernelsOf(neuron: Neuron, language: 'wat' | 'wgsl', T: number): string {
  return neuronText(neuron, language, T)
}
