import { join } from 'node:path'
import { percentText } from '../base/index.ts'
import { measureText } from '../losses/index.ts'
import type { RunSummary } from '../report/index.ts'
import { runFiles } from '../runs/index.ts'
import type { RunResult } from '../train/index.ts'
import { rateText } from './progress.ts'

/** How a run ended, for people. */
export function runText({ final, firingRates, epochs }: RunSummary, result: RunResult, folder: string): string {
  const speed = epochs.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0) / Math.max(1, epochs.length)
  const best = result.final?.bestTestAccuracy
  const of = (value: number) => measureText(result.measure, value)
  const lines = [
    `${`test ${result.measure}`.padEnd(15)} ${of(final.testAccuracy)}  (${final.rule}, epoch ${chosenEpoch(final, epochs.length)})`,
    `last epoch      ${of(final.lastEpochTestAccuracy)}`,
    ...(best === undefined
      ? []
      : [`best test epoch ${of(best)}  (epoch ${final.bestEpoch}; chosen by test images: it flatters)`]),
    `firing rates    ${firingRates.map(({ rate }) => percentText(rate, 1)).join(', ')}`,
    `training        ${rateText(speed)} images/s`,
    `report          ${join(folder, runFiles.report)}`,
  ]
  return `${lines.join('\n')}\n`
}

function chosenEpoch({ rule, bestEpoch }: RunSummary['final'], last: number): number {
  return rule === 'last epoch' ? last : bestEpoch
}
