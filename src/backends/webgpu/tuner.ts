import type { wgsl } from '../../codegen/index.ts'
import { bufferUsage, mapRead } from './flags.ts'
import type { Machine } from './machine.ts'
import type { TuningStore } from './tuning-store.ts'

const mostPairs = 512
const queryResolve = 0x200

interface Trial {
  readonly key: string
  readonly tile: wgsl.Tile
  readonly slot: number
}

/**
 * Measures on the device which tile suits a layer: the first time, all candidates run, each in a pass with its own time
 * stamps. They add up in one order and so give the same bits; the times come back after the step.
 */
export class Tuner {
  private readonly machine: Machine
  private readonly best = new Map<string, wgsl.Tile>()
  private readonly queries: GPUQuerySet
  private readonly times: GPUBuffer
  private trials: Trial[] = []
  private readonly measuring = new Set<string>()
  private readonly adapter: string
  private readonly store: TuningStore | null

  constructor(machine: Machine, adapter: string, store: TuningStore | null) {
    this.machine = machine
    this.adapter = adapter
    this.store = store
    for (const [key, tile] of Object.entries(store?.load(adapter) ?? {})) this.best.set(key, tile)
    const { device } = machine
    this.queries = device.createQuerySet({ type: 'timestamp', count: 2 * mostPairs })
    this.times = device.createBuffer({ size: 16 * mostPairs, usage: queryResolve | bufferUsage.copySource })
    machine.beforeSubmit = (encoder) => this.collect(encoder)
  }

  /** The tile for a layer, where it is known. */
  known(key: string): wgsl.Tile | undefined {
    return this.best.get(key)
  }

  /** Runs all candidates and has them timed; each twice, since the first run may compile. */
  try(key: string, candidates: readonly wgsl.Tile[], run: (tile: wgsl.Tile) => void): void {
    const room = this.trials.length + candidates.length <= mostPairs
    if (this.measuring.has(key) || !room) {
      run(candidates[0])
      return
    }
    this.measuring.add(key)
    for (const tile of candidates) {
      run(tile)
      const slot = this.trials.length
      this.trials.push({ key, tile, slot })
      this.machine.timed(
        { querySet: this.queries, beginningOfPassWriteIndex: 2 * slot, endOfPassWriteIndex: 2 * slot + 1 },
        () => run(tile),
      )
    }
  }

  /** Before a submission: has the times copied; gives what to do after it. */
  private collect(encoder: GPUCommandEncoder): (() => void) | null {
    if (this.trials.length === 0) return null
    const { trials } = this
    this.trials = []
    const bytes = 16 * trials.length
    const staging = this.machine.device.createBuffer({
      size: bytes,
      usage: bufferUsage.mapRead | bufferUsage.copyTarget,
    })
    encoder.resolveQuerySet(this.queries, 0, 2 * trials.length, this.times, 0)
    encoder.copyBufferToBuffer(this.times, 0, staging, 0, bytes)
    return () => {
      staging
        .mapAsync(mapRead)
        .then(() => this.decide(trials, new BigUint64Array(staging.getMappedRange().slice(0))))
        // A device that was lost is told where its values are read.
        .catch(() => undefined)
        .finally(() => staging.destroy())
    }
  }

  private decide(trials: readonly Trial[], stamps: BigUint64Array): void {
    const fastest = new Map<string, number>()
    for (const { key, tile, slot } of trials) {
      const time = Number(stamps[2 * slot + 1] - stamps[2 * slot])
      if (time >= (fastest.get(key) ?? Number.POSITIVE_INFINITY)) continue
      fastest.set(key, time)
      this.best.set(key, tile)
    }
    for (const key of fastest.keys()) this.measuring.delete(key)
    this.store?.save(this.adapter, Object.fromEntries(this.best))
  }
}
