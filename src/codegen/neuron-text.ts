import type { Neuron } from '../equations/index.ts'
import { neuronBackward, neuronForward, type Target } from './kernel/index.ts'
import { watTarget } from './wasm/index.ts'
import * as wgsl from './wgsl/index.ts'
import { avx2Target, avx512Target } from './x64/index.ts'

/** Kernels of a neuron as text: WebAssembly's, a GPU's, or bytes of machine code (AVX2, or AVX-512) in hexadecimal. */
export const kernelLanguages = ['wat', 'wgsl', 'x64', 'x64-avx512'] as const
export type KernelLanguage = (typeof kernelLanguages)[number]

const limits = { minimum: 1, maximum: 65536, shared: true }
/** Where a kernel of the text finds the number of the next task. */
const counter = 0

/**
 * The forward and the backward kernel of a neuron behind a BatchNorm, as layers of spiking networks have it.
 * @param T time steps, which kernels of GPUs are written for
 */
export function neuronText(neuron: Neuron, language: KernelLanguage, T = 4): string {
  if (language === 'wgsl') return shaders(neuron, T)
  const target = language === 'wat' ? watTarget(limits) : language === 'x64' ? avx2Target : avx512Target
  const text = language === 'wat' ? (code: Uint8Array) => new TextDecoder().decode(code) : hexText
  const comment = language === 'wat' ? ';;' : '#'
  const of = (direction: string, write: typeof neuronForward) => {
    return `${comment} ${neuron.name} ${direction}\n${text(codeOf(neuron, target, write))}`
  }
  return `${of('forward', neuronForward)}\n${of('backward', neuronBackward)}`
}

function codeOf(neuron: Neuron, target: Target, write: typeof neuronForward): Uint8Array {
  return write(target, counter, { neuron, normalised: true, relaxed: false, noisy: true })
}

/** Sixteen bytes a line, each line with its place, as programs that read machine code take it. */
function hexText(code: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < code.length; at += 16) {
    const bytes = Array.from(code.subarray(at, at + 16), (byte) => byte.toString(16).padStart(2, '0'))
    lines.push(`${at.toString(16).padStart(6, '0')}  ${bytes.join(' ')}\n`)
  }
  return lines.join('')
}

function shaders(neuron: Neuron, T: number): string {
  const options = {
    neuron,
    T,
    wide: true,
    x: 'dense',
    repeated: false,
    table: 'step',
    result: 'dense',
    noisy: true,
  } as const
  const both = { ...options, given: false, last: false }
  const [forward, backward] = [wgsl.neuronForward(both), wgsl.neuronBackward(both)]
  return `// ${neuron.name} forward\n${forward.code}\n// ${neuron.name} backward\n${backward.code}`
}
