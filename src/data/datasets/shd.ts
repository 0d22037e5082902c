import { openFolder, type Place } from '../files.ts'
import type { EventSet } from './definition.ts'
import type { RecordingSets } from './recordings.ts'
import { earSensor, openSpoken, type SpokenSet } from './spoken-words.ts'

/** Spoken digits: English, then German, as the files' own `extra/keys` has them. */
export const shdClasses = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],
  ...['null', 'eins', 'zwei', 'drei', 'vier', 'fünf', 'sechs', 'sieben', 'acht', 'neun'],
]

export const shdFiles: SpokenSet = {
  name: 'shd',
  classes: shdClasses,
  files: { train: 'shd_train.h5', test: 'shd_test.h5' },
}

/**
 * Spiking Heidelberg Digits: 8156 + 2264 spoken digits as spikes of 700 channels; every spike is an event with p = 1.
 * @param place folder with shd_train.h5 and shd_test.h5
 * @throws UsageError if a file is missing; FormatError if one is damaged
 * @see Cramer et al. 2020
 */
export async function shd(place: Place): Promise<RecordingSets> {
  return openSpoken(shdFiles, openFolder(place))
}

export const shdSet: EventSet = {
  kind: 'events',
  about: 'spoken digits as spikes of 700 channels, 8156 + 2264',
  classes: shdClasses,
  sensor: earSensor,
  open: shd,
  recipe: {
    files: ['shd_train.h5', 'shd_test.h5'].map((name) => ({
      name: `${name}.gz`,
      urls: [`https://zenkelab.org/datasets/${name}.gz`],
      size: 130_000_000,
      unpack: 'gz' as const,
    })),
    licence: 'CC BY 4.0',
  },
}
