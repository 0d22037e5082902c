import { inputTensor, type Tensor } from '../tensor/index.ts'
import type { Run } from './run.ts'

/** Runs what keeps a state: in a stream it goes on from where the step before left it, and leaves its own to the next. */
export function streamed(
  run: Run,
  path: string,
  work: (state: Tensor[] | null, wantState: boolean) => { output: Tensor; state: readonly Tensor[] | null },
): Tensor {
  const given = run.stream?.given.get(path)
  const { output, state } = work(given?.map(inputTensor) ?? null, run.stream !== undefined)
  run.stream?.next.set(
    path,
    (state ?? []).map(({ handle }) => handle),
  )
  return output
}
