import type { Shape } from '../base/index.ts'
import type { Neuron } from '../equations/index.ts'
import type { Backend, Handle, NeuronCall, Numbers, PlainKind } from './backend.ts'
import { createInterpreter } from './interpreter/index.ts'

/** A tensor's content at one moment. */
export interface Snapshot {
  readonly kind: PlainKind
  readonly shape: Shape
  readonly values: Promise<Numbers>
  readonly bytes: Promise<Uint8Array> | null
}

/** Reads a tensor now; the backend must copy before it returns, as the interpreter does. */
export function snapshot(backend: Backend, handle: Handle): Snapshot {
  const spikes = handle.kind === 'spikes'
  return {
    kind: spikes ? 'spikes' : 'dense',
    shape: handle.shape,
    values: backend.read(handle),
    bytes: spikes ? backend.readBytes(handle) : null,
  }
}

/** Puts a snapshot on a backend. */
export async function upload(backend: Backend, taken: Snapshot): Promise<Handle> {
  const values = await taken.values
  if (!taken.bytes) return backend.tensor(taken.shape, values)
  const scale = values.find((value) => value !== 0) ?? 1
  return backend.spikes(taken.shape, await taken.bytes, scale)
}

/** max |a - b|, and max |b|. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): { worst: number; size: number } {
  let worst = a.length === b.length ? 0 : Number.POSITIVE_INFINITY
  let size = 0
  for (let i = 0; i < b.length; i++) {
    const off = Math.abs(a[i] - b[i])
    if (!(off <= worst)) worst = Number.isNaN(off) ? Number.POSITIVE_INFINITY : off
    size = Math.max(size, Math.abs(b[i]))
  }
  return { worst, size }
}

/** How two spike sequences differ. */
export interface SpikeDifference {
  /** Bytes that differ where the argument of spike lies on an edge, within the tolerance. */
  readonly atEdge: number
  /** Bytes of a neuron after its spikes parted at an edge. */
  readonly afterwards: number
  /** Bytes that differ for no such reason. */
  readonly wrong: number
}

/**
 * Sorts the differences of two spike sequences [T, neurons].
 * @param argument what spike was applied to, per neuron-step
 * @param window half the width of the surrogate's window, or undefined
 */
export function spikeDifference(
  a: Uint8Array,
  b: Uint8Array,
  argument: ArrayLike<number>,
  window: number | undefined,
  steps: number,
  tolerance: number,
): SpikeDifference {
  const size = b.length / steps
  let atEdge = 0
  let afterwards = 0
  let wrong = a.length === b.length ? 0 : Math.max(a.length, b.length)
  for (let i = 0; i < size; i++) {
    let parted = false
    for (let t = 0; t < steps; t++) {
      const at = t * size + i
      if (a[at] === b[at]) continue
      const edge = (bit: number, distance: number) => !((a[at] ^ b[at]) & bit) || distance < tolerance
      const v = argument[at]
      const near = edge(1, Math.abs(v)) && edge(2, Math.abs(Math.abs(v) - (window ?? Number.POSITIVE_INFINITY)))
      if (parted) afterwards++
      else if (near) atEdge++
      else wrong++
      if ((a[at] ^ b[at]) & 1) parted = true
    }
  }
  return { atEdge, afterwards, wrong }
}

/** What the neurons of a call apply spike to, [T, N, ...], in float64: the same program with another output. */
export async function spikeArguments(
  x: Snapshot,
  call: NeuronCall,
  place: (backend: Backend) => Promise<NeuronCall>,
): Promise<Numbers> {
  const scratch = createInterpreter()
  const { program } = call.neuron
  const output = program.instructions[program.output].args[0]
  const neuron: Neuron = { ...call.neuron, program: { ...program, output, spiking: false, levels: 0 } }
  const placed = await place(scratch)
  const handle = await upload(scratch, x)
  const result = scratch.neuron(handle, { ...placed, neuron, wantState: false, wantBackward: false })
  return scratch.read(result.output)
}
