import type { z } from 'zod'
import type { RecordingOptions } from '../../../data/index.ts'
import type { EventFileOptions } from '../../../formats/index.ts'
import { sizeOfText } from '../../../runs/index.ts'
import type { ExitCode, Surroundings } from '../../surroundings.ts'
import type { dataSchema } from './options.ts'

export interface DataInvocation {
  /** What follows the action. */
  readonly target: string | undefined
  readonly options: z.infer<typeof dataSchema>
  readonly surroundings: Surroundings
}

/** One thing that `spikelet data` does. */
export type DataAction = (invocation: DataInvocation) => Promise<ExitCode>

/** How an event folder's files are looked at, by the options: without a size, the events tell how large the sensor is at least. */
export function readingOf({ sensor, layout }: DataInvocation['options']): RecordingOptions {
  return {
    sensor: sensor === undefined ? 'measured' : sizeOfText(sensor),
    ...(layout === undefined ? {} : { layout }),
  }
}

/** How one event file is read, by the options. */
export function fileReadingOf({ sensor, layout }: DataInvocation['options']): EventFileOptions {
  return {
    ...(sensor === undefined ? {} : { size: sizeOfText(sensor) }),
    ...(layout === undefined ? {} : { layout }),
  }
}
