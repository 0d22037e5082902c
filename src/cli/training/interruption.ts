import type { Progress } from '../progress.ts'
import type { Surroundings } from '../surroundings.ts'

/** Runs `work`; Ctrl-C meanwhile asks it to stop when it next can. */
export async function stoppable<Result>(
  { onInterrupt }: Surroundings,
  progress: Progress,
  work: (stop: { readonly aborted: boolean }) => Promise<Result>,
): Promise<Result> {
  const stop = { aborted: false }
  const ignore = onInterrupt(() => {
    if (!stop.aborted) progress.line('stopping after this update, and saving; Ctrl-C again stops at once')
    stop.aborted = true
  })
  try {
    return await work(stop)
  } finally {
    ignore()
  }
}
