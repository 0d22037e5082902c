import { operationsPerRound, type PeakKind, peakLoop } from '../../codegen/index.ts'
import type { Machine } from './machine.ts'
import { bestSeconds } from './measure.ts'

/** What this host's vector units do at best, on all threads of the crew together. */
export interface Peak {
  /** Multiply-adds per second of float32 values; one is two floating-point operations. */
  readonly multiplyAdds: number
  /** Additions per second of float32 values read from the nearest cache. */
  readonly additions: number
}

const rounds = 8_000_000

/** Runs both loops a few times and takes the best. @param now seconds */
export function measurePeak(m: Machine, now: () => number): Peak {
  const best = (kind: PeakKind): number =>
    m.scratch(32768, (table) => {
      m.crew.view.u8.fill(0, table, table + 32768)
      const kernel = m.vectorKernel(m.lanes, `peak ${kind}`, peakLoop, kind, m.relaxed)
      const seconds = bestSeconds(now, () => m.run(kernel, 4 * m.crew.threads, [rounds / 4, table]))
      return (m.crew.threads * rounds * operationsPerRound[kind] * m.lanes) / seconds
    })
  return { multiplyAdds: best('multiplyAdd'), additions: best('add') }
}
