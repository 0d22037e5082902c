import { UsageError } from '../base/index.ts'
import type { Run } from './run.ts'

/** @throws UsageError unless T is a number of steps that layers are built for */
export function checkedSteps(what: string, T: number): void {
  if (Number.isSafeInteger(T) && T >= 1) return
  throw new UsageError({
    what: `${what}: T out of range`,
    expected: 'a whole number of steps, 1 or more',
    got: String(T),
  })
}

/**
 * Which steps a call runs, as from and to, of what was made for `made` steps.
 * @param path how errors call it
 * @throws UsageError where the call goes beyond them
 */
export function stepsOf(
  run: Run,
  made: number,
  path: string,
  position = run.stream?.position ?? 0,
): readonly [number, number] {
  if (position + run.T <= made) return [position, position + run.T]
  throw new UsageError({
    what: `parameter "${path}" was made for ${made} steps`,
    got: `step ${position + run.T}`,
    next: 'Run at most as many steps as the layer was built for.',
  })
}
