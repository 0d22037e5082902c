import type { Progress, StopRequest } from '../runs/index.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Ctrl-C as a wish to stop; a second one as a wish to stop at once. `ignore` ends the listening.
 * @param told what people are told at the first
 */
export function stopRequest(
  { onInterrupt }: Surroundings,
  progress: Progress,
  told: string | null = 'stopping after the updates under way, and saving; Ctrl-C again stops at once',
): { readonly stop: StopRequest; readonly ignore: () => void } {
  const listeners = new Set<(atOnce: boolean) => void>()
  let aborted = false
  const ignore = onInterrupt(() => {
    if (!aborted && told !== null) progress.line(told)
    const atOnce = aborted
    aborted = true
    for (const listener of [...listeners]) listener(atOnce)
  })
  const stop: StopRequest = {
    get aborted() {
      return aborted
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  return { stop, ignore }
}
