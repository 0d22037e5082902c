import { expect, test } from 'vitest'
import { readEventFile } from '../../dist/formats/index.js'
import { hdf5Events } from '../../scripts/fuzz/event-samples.mjs'

// HDF5 is read in a thread, which needs the build.
test('events of DSEC, whose times have an offset, and of v2e are read', async () => {
  const events = Array.from({ length: 40 }, (_, i) => ({ t: i * 9000, x: (i * 7) % 34, y: (i * 5) % 34, p: i & 1 }))
  const [dsec, v2e] = await hdf5Events(events)
  for (const [bytes, offset] of [
    [dsec, 49_599_300_523],
    [v2e, 0],
  ] as const) {
    const { t, x, y, p } = await readEventFile(bytes, 'events.h5')
    expect(Array.from(t, (time, i) => ({ t: time - offset, x: x[i], y: y[i], p: p[i] }))).toEqual(events)
  }
})
