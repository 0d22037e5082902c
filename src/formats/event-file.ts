import { FormatError } from '../base/index.ts'
import { isAedat2, readAedat2 } from './aedat2.ts'
import { isAedat3, readAedat3 } from './aedat3.ts'
import { isAedat4, readAedat4 } from './aedat4.ts'
import { readEventBin } from './event-bin.ts'
import { readEventCsv } from './event-csv.ts'
import { readEventHdf5 } from './event-hdf5.ts'
import { readEventMat } from './event-mat.ts'
import type { Events, SensorSize } from './events.ts'
import { isHdf5 } from './hdf5/index.ts'
import { isMat5 } from './matlab.ts'
import { readEventNpy, readEventNpz } from './npz.ts'
import { readPercentHeader, sensorIn } from './percent-header.ts'
import { isPropheseeDat, readPropheseeDat } from './prophesee-dat.ts'
import { isPropheseeRaw, readPropheseeRaw } from './prophesee-raw.ts'
import { refuseKnown } from './refused.ts'

/** How the names of event files end. */
export const eventFileKinds = [
  '.bin',
  '.aedat',
  '.dat',
  '.npz',
  '.npy',
  '.csv',
  '.txt',
  '.aedat4',
  '.mat',
  '.raw',
  '.h5',
  '.hdf5',
]

export interface EventFileOptions {
  /** Of the sensor; default: what the format says, or the smallest that has every event. */
  size?: SensorSize
  /** How AEDAT 2 packs its addresses; default: by the camera that the header names. */
  layout?: string
}

/** Whether an event file says by itself how large its sensor is; all others are as large as one says. */
export function tellsSensor(bytes: Uint8Array): boolean {
  return isAedat2(bytes) || isAedat4(bytes) || isMat5(bytes) || sensorIn(readPercentHeader(bytes)) !== undefined
}

/**
 * Reads an event file of any format: by how it begins where that tells, else by how its name ends.
 * @throws FormatError if it is damaged, or of a format that is not read; UsageError as `readAedat2`
 */
export async function readEventFile(bytes: Uint8Array, file: string, options: EventFileOptions = {}): Promise<Events> {
  const { size, layout } = options
  const sized = { file, ...(size ? { size } : {}) }
  refuseKnown(bytes, file)
  if (isAedat2(bytes)) return readAedat2(bytes, { file, ...(layout === undefined ? {} : { layout }) })
  if (isAedat3(bytes)) return readAedat3(bytes, sized).events
  if (isAedat4(bytes)) return readAedat4(bytes, sized)
  if (isPropheseeRaw(bytes)) return readPropheseeRaw(bytes, sized)
  if (isPropheseeDat(bytes, file)) return readPropheseeDat(bytes, sized)
  if (isHdf5(bytes)) return readEventHdf5(bytes, sized)
  if (isMat5(bytes)) return readEventMat(bytes, sized)
  const ending = /\.[^./\\]*$/.exec(file)?.[0].toLowerCase()
  if (ending === '.npz') return readEventNpz(bytes, sized)
  if (ending === '.npy') return readEventNpy(bytes, sized)
  if (ending === '.csv' || ending === '.txt') return readEventCsv(bytes, sized)
  if (ending === '.bin') return readEventBin(bytes, sized)
  throw new FormatError({
    what: 'this file holds no events that Spikelet can read',
    place: `${file}, byte 0`,
    expected: 'AEDAT 2, 3.1 or 4, RAW, DAT, HDF5, MATLAB 5, or a name that ends in .bin, .npz, .npy, .csv or .txt',
    got: `a name that ends in '${ending ?? ''}'`,
  })
}
