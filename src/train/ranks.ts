import type { Backend, Handle, Numbers } from '../backends/index.ts'
import { SpikeletError, UsageError } from '../base/index.ts'
import type { Network } from '../nn/index.ts'

/** The processes of one training. Each does its part of every batch; all make the same updates of the same sums. */
export interface Ranks {
  /** Which of them this process is, from 0. Rank 0 alone keeps the run. */
  readonly rank: number
  /** How many there are. */
  readonly size: number
  /** What passes messages between them, for the record. */
  readonly engine: string
  /** The host of each. */
  readonly hosts: readonly string[]
  /** Adds values up over all ranks, in place. Every rank gets the same bits. All must call it with as many values. */
  sum(values: Numbers): void
  /** The bytes that rank 0 gives, on every rank; undefined where it has none. */
  broadcast(bytes: Uint8Array | undefined): Uint8Array | undefined
  /** Ends the ranks: all of them together, or at once where one of them has failed. */
  close(failed?: boolean): void
}

/** Tensors of fewer values travel together, the others from where they lie. */
const together = 16384

/**
 * Adds tensors up over all ranks, in place.
 * @throws UsageError where the backend keeps its tensors out of the host's reach
 */
export function sumTensors(backend: Backend, ranks: Ranks, handles: readonly Handle[]): void {
  const values = handles.map((handle) => inPlace(backend, handle))
  for (const large of values.filter(({ length }) => length >= together)) ranks.sum(large)
  const small = values.filter(({ length }) => length < together)
  const message = new Float64Array(small.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const one of small) {
    message.set(one, at)
    at += one.length
  }
  if (at > 0) ranks.sum(message)
  at = 0
  for (const one of small) {
    one.set(message.subarray(at, at + one.length))
    at += one.length
  }
}

/** Makes BatchNorm's running statistics those of all ranks: means, by how many images each had. */
export function joinStatistics(network: Network, backend: Backend, ranks: Ranks, share: number): void {
  const handles = network.buffers().map((buffer) => buffer.on(backend).handle)
  for (const handle of handles) {
    const values = inPlace(backend, handle)
    for (let i = 0; i < values.length; i++) values[i] *= share
  }
  sumTensors(backend, ranks, handles)
}

/** @throws UsageError where a backend cannot train over ranks */
export function checkRanks(backend: Backend): void {
  if (backend.inPlace) return
  throw new UsageError({
    what: `the backend ${backend.info.name} cannot train over several ranks`,
    expected: 'wasm, whose tensors lie in memory that messages can be sent from',
    got: backend.info.name,
    next: 'Choose --backend wasm, or train in one process.',
  })
}

/**
 * Sees that all ranks were started alike.
 * @param record all that decides the run's numbers
 * @throws UsageError on a rank whose record is another than that of rank 0
 */
export function checkAlike(ranks: Ranks, record: object): void {
  const text = JSON.stringify(record)
  const first = new TextDecoder().decode(ranks.broadcast(new TextEncoder().encode(text)))
  if (first === text) return
  throw new UsageError({
    what: `rank ${ranks.rank} was started otherwise than rank 0`,
    place: ranks.hosts[ranks.rank],
    expected: first,
    got: text,
    next: 'Start all ranks with the same options, and with the same data on every host.',
  })
}

/**
 * Sees that all ranks still hold the same parameters, by a sum of their bits.
 * @throws SpikeletError on a rank that does not
 */
export function checkTogether(network: Network, backend: Backend, ranks: Ranks): void {
  let sum = 0
  for (const parameter of network.parameters()) {
    const values = inPlace(backend, parameter.on(backend).handle)
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4)
    for (let i = 0; i < bits.length; i++) sum = (Math.imul(sum, 31) + bits[i]) | 0
  }
  const total = Float64Array.of(sum)
  ranks.sum(total)
  if (total[0] === sum * ranks.size) return
  throw new SpikeletError({
    what: 'the ranks no longer hold the same parameters',
    place: `rank ${ranks.rank}, ${ranks.hosts[ranks.rank]}`,
    next: 'Go on from the last checkpoint. Processors of different kinds can round differently: try --simd 128.',
  })
}

function inPlace(backend: Backend, handle: Handle): Numbers {
  checkRanks(backend)
  return backend.inPlace!(handle)
}
