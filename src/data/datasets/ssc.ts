import { openFolder, type Place } from '../files.ts'
import type { EventSet } from './definition.ts'
import type { RecordingSets } from './recordings.ts'
import { earSensor, openSpoken, type SpokenSet } from './spoken-words.ts'

export const sscFiles: SpokenSet = {
  name: 'ssc',
  // The files name them: which of the 35 words a number stands for is theirs to say.
  classes: Array.from({ length: 35 }, (_, label) => `word ${label}`),
  files: { train: 'ssc_train.h5', validation: 'ssc_valid.h5', test: 'ssc_test.h5' },
}

/**
 * Spiking Speech Commands: 75466 + 9981 + 20382 spoken words of 35 as spikes of 700 channels; every spike is an event with
 * p = 1. The validation samples choose the epoch.
 * @param place folder with ssc_train.h5, ssc_valid.h5 and ssc_test.h5
 * @throws UsageError if a file is missing; FormatError if one is damaged
 * @see Cramer et al. 2020
 */
export async function ssc(place: Place): Promise<RecordingSets> {
  return openSpoken(sscFiles, openFolder(place))
}

export const sscSet: EventSet = {
  kind: 'events',
  about: 'spoken words as spikes of 700 channels, 75466 + 9981 + 20382',
  classes: [],
  sensor: earSensor,
  open: ssc,
  recipe: {
    files: ['ssc_train.h5', 'ssc_valid.h5', 'ssc_test.h5'].map((name) => ({
      name: `${name}.gz`,
      urls: [`https://zenkelab.org/datasets/${name}.gz`],
      size: 1_000_000_000,
      unpack: 'gz' as const,
    })),
    licence: 'CC BY 4.0',
  },
}
