import { join } from 'node:path'
import type { RunSummary } from '../report/index.ts'
import { runFiles } from '../runs/index.ts'
import type { RunResult } from '../train/index.ts'
import { rateText } from './progress.ts'
import { percentText } from './table.ts'

/** How a run ended, for people. */
export function runText({ final, firingRates, epochs }: RunSummary, result: RunResult, folder: string): string {
  const speed = epochs.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0) / Math.max(1, epochs.length)
  const best = result.final?.bestTestAccuracy
  const lines = [
    `test accuracy   ${percentText(final.testAccuracy)}  (${final.rule}, epoch ${chosenEpoch(final, epochs.length)})`,
    `last epoch      ${percentText(final.lastEpochTestAccuracy)}`,
    ...(best === undefined
      ? []
      : [`best test epoch ${percentText(best)}  (epoch ${final.bestEpoch}; chosen by test images: it flatters)`]),
    `firing rates    ${firingRates.map(({ rate }) => percentText(rate, 1)).join(', ')}`,
    `training        ${rateText(speed)} images/s`,
    `report          ${join(folder, runFiles.report)}`,
  ]
  return `${lines.join('\n')}\n`
}

function chosenEpoch({ rule, bestEpoch }: RunSummary['final'], last: number): number {
  return rule === 'last epoch' ? last : bestEpoch
}
