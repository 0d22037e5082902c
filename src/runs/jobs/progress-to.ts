import type { Progress } from '../progress.ts'
import type { FromChild } from './job.ts'

/** Progress as messages: the share of the whole run, and lines. */
export function progressTo(tell: (message: FromChild) => void): Progress {
  return {
    update: ({ whole }) => {
      if (whole !== undefined) tell({ type: 'progress', share: whole })
    },
    line: (text) => tell({ type: 'line', text }),
    clear() {},
  }
}
