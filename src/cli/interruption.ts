import type { Progress } from '../runs/index.ts'

import { exitCodes, type Surroundings } from './surroundings.ts'

/** npm passes a Ctrl-C on to its children, which have had it from the terminal: within these seconds it is the same one. */
const echoSeconds = 0.3

/** Runs `work`; Ctrl-C meanwhile asks it to stop when it next can, and again: ends the process. */
export async function stoppable<Result>(
  { onInterrupt, clock, exit }: Pick<Surroundings, 'onInterrupt' | 'clock' | 'exit'>,
  progress: Progress,
  work: (stop: { readonly aborted: boolean }) => Promise<Result>,
): Promise<Result> {
  const stop = { aborted: false }
  let since = 0
  const ignore = onInterrupt(
    () => {
      if (stop.aborted && clock() - since > echoSeconds) exit(exitCodes.interrupted)
      if (stop.aborted) return
      progress.line('stopping after this update, and saving; Ctrl-C again stops at once, without saving')
      since = clock()
      stop.aborted = true
    },
    { computing: true },
  )
  try {
    return await work(stop)
  } finally {
    ignore()
  }
}
