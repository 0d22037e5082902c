import type { z } from 'zod'
import type { RecordingOptions } from '../../../data/index.ts'
import type { ExitCode, Surroundings } from '../../surroundings.ts'
import { sizeOfText } from '../../training/frames.ts'
import type { dataSchema } from './options.ts'

export interface DataInvocation {
  /** What follows the action. */
  readonly target: string | undefined
  readonly options: z.infer<typeof dataSchema>
  readonly surroundings: Surroundings
}

/** One thing that `spikelet data` does. */
export type DataAction = (invocation: DataInvocation) => Promise<ExitCode>

/** How an event folder's files are read, by the options. */
export function readingOf({ sensor, layout }: DataInvocation['options']): RecordingOptions {
  return {
    ...(sensor === undefined ? {} : { size: sizeOfText(sensor) }),
    ...(layout === undefined ? {} : { layout }),
  }
}
