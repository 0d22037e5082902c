import { FormatError, UsageError } from '../../base/index.ts'
import type { Neuron } from '../../equations/index.ts'
import type { SafetensorsFile } from '../../interop/index.ts'
import { neuronFromConfig } from '../../neurons/index.ts'

/** Reference values: arrays by name, and the text that says how they were made. */
export interface Reference {
  readonly name: string
  readonly metadata: { readonly [name: string]: string }
  readonly tensors: { readonly [name: string]: Float64Array | Float32Array }
  /** Whether the values were computed in float64. */
  readonly double: boolean
}

export function referenceOf(name: string, file: SafetensorsFile): Reference {
  const tensors: { [name: string]: Float64Array | Float32Array } = {}
  for (const [key, tensor] of file.tensors) {
    if (tensor.dtype === 'F64' || tensor.dtype === 'F32') tensors[key] = tensor.values
  }
  const main = tensors.logits ?? tensors.spikes
  return { name, metadata: file.metadata, tensors, double: main instanceof Float64Array }
}

/** A tensor that must be there. @throws FormatError */
export function tensorIn(reference: Reference, name: string): Float64Array | Float32Array {
  const values = reference.tensors[name]
  if (values) return values
  throw new FormatError({
    what: `the reference has no tensor "${name}"`,
    place: reference.name,
    got: Object.keys(reference.tensors).join(', '),
  })
}

/** A number that must be in the metadata. @throws FormatError */
export function numberIn(reference: Reference, name: string, otherwise?: number): number {
  const text = reference.metadata[name]
  const value = text === undefined ? otherwise : Number(text)
  if (value !== undefined && Number.isFinite(value)) return value
  throw new FormatError({
    what: `the reference's metadata has no number "${name}"`,
    place: reference.name,
    got: text ?? 'nothing',
  })
}

/** The neuron that the metadata describe, with the options in their spelling. */
export function neuronOf(reference: Reference): Neuron {
  const { metadata } = reference
  const options: { [name: string]: unknown } = {}
  for (const name of ['tau', 'threshold', 'alpha']) if (name in metadata) options[name] = numberIn(reference, name)
  if (metadata.surrogate) options.surrogate = metadata.surrogate
  if (metadata.reset) options.reset = resetOf(reference)
  if (!metadata.neuron) throw new UsageError({ what: 'the reference names no neuron', place: reference.name })
  return neuronFromConfig({ neuron: metadata.neuron, options })
}

function resetOf(reference: Reference): unknown {
  const { reset } = reference.metadata
  return reset === 'hard' ? { hard: numberIn(reference, 'reset_value', 0) } : reset
}
