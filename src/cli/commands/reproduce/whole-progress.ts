import type { Progress } from '../../../runs/index.ts'

import type { Estimate } from './estimate.ts'
import type { PlannedJob } from './planned-jobs.ts'

/** One bar for all jobs: each counts as much as it is estimated to take; without an estimate, all alike. */
export function wholeProgress(
  jobs: readonly PlannedJob[],
  estimate: Estimate | null,
  progress: Progress,
  clock: () => number,
) {
  const weights = jobs.map(({ key }) => estimate?.secondsOf.get(key) ?? 1)
  const shares = jobs.map(() => 0)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const started = clock()
  let finished = 0
  const show = () => {
    const done = weights.reduce((sum, weight, i) => sum + weight * shares[i], 0)
    const elapsed = clock() - started
    // The estimate until there is something to go by.
    const isEarly = done < 0.05 * total
    const secondsLeft = isEarly ? (estimate ? estimate.seconds - elapsed : null) : (elapsed * (total - done)) / done
    progress.update({
      label: `${finished} of ${jobs.length} runs`,
      done,
      total,
      ...(secondsLeft === null ? {} : { secondsLeft: Math.max(0, secondsLeft) }),
    })
  }
  return {
    update(job: number, share: number) {
      shares[job] = share
      show()
    },
    end(job: number) {
      shares[job] = 1
      finished++
      show()
    },
  }
}
