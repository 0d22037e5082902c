import type { BackendInfo } from '../backends/index.ts'
import { percentText } from '../base/index.ts'
import { adjointSteps, type Truncation } from '../equations/index.ts'
import { type Measure, measureText } from '../losses/index.ts'
import type { Network } from '../nn/index.ts'
import type { LossScale } from './loss-scale.ts'
import type { EpochRecord } from './progress.ts'

interface Opening {
  readonly network: Network
  readonly imagesPerEpoch: number
  readonly updatesPerEpoch: number
  readonly settings: {
    readonly epochs: number
    readonly T: number
    readonly bptt: Truncation | null
    readonly accumulate: number
    readonly batch: number
    readonly backend: { readonly info: BackendInfo }
  }
}

/** What people are told before training starts. */
export function openingLines(run: Opening, memory: string): string[] {
  const { network, settings } = run
  const { info } = settings.backend
  const lines = [
    `training ${network.name}: ${counted(run.imagesPerEpoch, 'sample')} and ${counted(run.updatesPerEpoch, 'update')} an epoch, ` +
      `${counted(settings.epochs, 'epoch')}, T = ${settings.T}`,
    `on ${info.name} (${info.threads} ${info.threads === 1 ? 'thread' : 'threads'}${info.features.map((f) => `, ${f}`).join('')})`,
    memory,
  ]
  if (settings.accumulate > 1 && network.buffers().length > 0) {
    lines.push(
      `note: ${settings.accumulate} batches make one update, but BatchNorm sees each batch of ${settings.batch} on its own`,
    )
  }
  if (settings.bptt) lines.push(truncationLine(settings.T, settings.bptt))
  return lines
}

/** `1 update`, `2 updates` */
function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** What truncation keeps, and what it costs. */
export function truncationLine(T: number, truncation: Truncation): string {
  const { k, kind } = truncation
  const kept =
    kind === 'window'
      ? `each step hears of itself and at most ${k - 1} after it`
      : `only the first ${k} steps are linked in time`
  return (
    `truncated backpropagation, ${kind} of ${k}: ${kept}; the way back through a neuron takes ` +
    `${adjointSteps(T, truncation)} steps instead of ${T}`
  )
}

/** An update that was left out since its gradients overflowed float16. */
export function skippedLine(update: number, next: LossScale | null): string {
  const scale = next ? `; gradients are scaled by ${next.scale} from here on` : ''
  return `update ${update} was left out: its gradients overflow float16${scale}`
}

/** One epoch as a line for people. */
export function epochLine(record: EpochRecord, epochs: number, measure: Measure): string {
  const text = (value: number | undefined) => measureText(measure, value)
  const judged =
    record.validationAccuracy === undefined
      ? `test ${text(record.testAccuracy)}`
      : `validation ${text(record.validationAccuracy)}`
  return (
    `epoch ${record.epoch}/${epochs}: loss ${record.trainLoss.toFixed(4)}, ${measure} ${text(record.trainAccuracy)}, ` +
    `${judged}, ${record.imagesPerSecond.toFixed(1)} images/s, ${percentText(record.loaderShare)} of it waiting for images`
  )
}
