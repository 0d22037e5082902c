import { plainText, shapeText, sizeOf } from '../base/index.ts'
import type { Frame, LayerRow } from './layer.ts'

export interface SummaryOptions {
  readonly T: number
  readonly batch: number
  /** The input differs from step to step (events), so nothing is computed once for all. Default false. */
  readonly sequence?: boolean
  /** Outputs of convolutions are dropped after use and made again on the way back. Default false. */
  readonly rebuild?: boolean
  /** Dense images [H, W, C], and gradients of images, are stored as float16. Default false. */
  readonly float16Images?: boolean
}

/** Bytes that training keeps between forward and backward, forecast from shapes: float32 4, float16 2, spikes 1. */
export interface ActivationBytes {
  readonly layers: readonly { readonly path: string; readonly type: string; readonly bytes: number }[]
  /** Kept activations, input included. */
  readonly activations: number
  /** The largest pair of gradients alive at once on the way back. */
  readonly gradients: number
  /** The largest single tensor. */
  readonly largest: number
  /** Parameters, their gradients and one velocity each. */
  readonly parameters: number
  readonly total: number
  /** Kept activations for each neuron and step. */
  readonly perNeuronStep: number
}

export interface LayerSummary {
  readonly rows: readonly (LayerRow & { readonly bytes: number })[]
  readonly parameters: number
  /** Dense multiply-adds of one sample at one step. */
  readonly multiplyAdds: number
  readonly neurons: number
  readonly memory: ActivationBytes
  /** A table. */
  readonly text: string
}

/** Memory of a training step, known before anything is allocated. */
export function activationBytes(network: { rows: readonly LayerRow[] }, options: SummaryOptions): ActivationBytes {
  const { rows } = network
  const layers = rows.map((row) => ({ path: row.path, type: row.type, bytes: keptBytes(row, options) }))
  const input = rows.length > 0 ? frameBytes(rows[0].input, options) : 0
  const activations = layers.reduce((sum, layer) => sum + layer.bytes, input)
  // Made again, an output stands beside the gradients of its layer, and beside the shortcut it is added to.
  const rebuilt = (row: LayerRow) =>
    options.rebuild && row.type === 'conv2d' ? 2 * frameBytes(row.output, options) : 0
  const gradients = Math.max(
    0,
    ...rows.map((row) => gradientBytes(row.input, options) + gradientBytes(row.output, options) + rebuilt(row)),
  )
  const parameters = rows.reduce((sum, row) => sum + row.parameters, 0) * 12
  const neuronSteps = rows.reduce((sum, row) => sum + row.neurons, 0) * options.T * options.batch
  return {
    layers,
    activations,
    gradients,
    largest: Math.max(
      0,
      ...rows.map((row) => Math.max(gradientBytes(row.input, options), gradientBytes(row.output, options))),
    ),
    parameters,
    total: activations + gradients + parameters,
    perNeuronStep: neuronSteps === 0 ? 0 : activations / neuronSteps,
  }
}

function keptBytes(row: LayerRow, options: SummaryOptions): number {
  if (options.rebuild && row.type === 'conv2d') return 0
  return row.keepsOutput ? frameBytes(row.output, options) : 0
}

function stepsOf(frame: Frame, options: SummaryOptions): number {
  return frame.sequence || options.sequence ? options.T : 1
}

function frameBytes(frame: Frame, options: SummaryOptions): number {
  const each = frame.kind === 'spikes' ? 1 : bytesOfNumber(frame, options)
  return sizeOf(frame.shape) * stepsOf(frame, options) * options.batch * each
}

function gradientBytes(frame: Frame, options: SummaryOptions): number {
  return sizeOf(frame.shape) * stepsOf(frame, options) * options.batch * bytesOfNumber(frame, options)
}

function bytesOfNumber({ shape }: Frame, { float16Images }: SummaryOptions): number {
  return float16Images && shape.length === 3 ? 2 : 4
}

export function summaryOf(name: string, rows: readonly LayerRow[], options: SummaryOptions): LayerSummary {
  const memory = activationBytes({ rows }, options)
  const total = (of: (row: LayerRow) => number) => rows.reduce((sum, row) => sum + of(row), 0)
  const summary = {
    rows: rows.map((row, i) => ({ ...row, bytes: memory.layers[i].bytes })),
    parameters: total((row) => row.parameters),
    multiplyAdds: total((row) => row.multiplyAdds),
    neurons: total((row) => row.neurons),
    memory,
  }
  return { ...summary, text: tableOf(name, summary, options) }
}

function tableOf(name: string, summary: Omit<LayerSummary, 'text'>, { T, batch }: SummaryOptions): string {
  const cells = [
    ['layer', 'type', 'output', 'parameters', 'multiply-adds', 'bytes'],
    ...summary.rows.map((row) => [
      plainText(row.path),
      plainText(row.type),
      shapeText(row.output.shape),
      count(row.parameters),
      count(row.multiplyAdds),
      count(row.bytes),
    ]),
  ]
  const widths = cells[0].map((_, k) => Math.max(...cells.map((row) => row[k].length)))
  const line = (row: readonly string[]) =>
    row.map((cell, k) => (k < 3 ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join('  ')
  const { memory } = summary
  return [
    `${plainText(name)}: ${count(summary.parameters)} parameters, ${count(summary.neurons)} neurons, ` +
      `${count(summary.multiplyAdds)} multiply-adds a sample and step`,
    `training at T = ${T}, batch ${batch}: ${count(memory.activations)} bytes of activations ` +
      `(${memory.perNeuronStep.toFixed(1)} a neuron-step), ${count(memory.total)} in all`,
    ...cells.map(line),
  ].join('\n')
}

function count(n: number): string {
  return n.toLocaleString('en-US')
}
