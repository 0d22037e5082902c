/** What the thread of an Hdf5Reader runs: one file at a time. Started by hdf5-reader.ts. */
import { parentPort } from 'node:worker_threads'
import { SpikeletError } from '../../base/index.ts'
import { type Hdf5Choice, readHdf5Here } from './hdf5.ts'

/** What the library may allocate beside the values it hands over. */
const spareBytes = 200 * 2 ** 20
let mostBytes = Number.POSITIVE_INFINITY

// A damaged size would have the library ask for gigabytes: here it is told that there are none.
const { grow } = WebAssembly.Memory.prototype
WebAssembly.Memory.prototype.grow = function (pages: number) {
  if (this.buffer.byteLength + pages * 65536 > mostBytes) throw new RangeError('more memory than is allowed')
  return grow.call(this, pages)
}

/** Loads the library before the clock of the first file starts. */
await import('h5wasm').then(({ default: h5wasm }) => h5wasm.ready)
parentPort!.postMessage({ ready: true })

parentPort!.on(
  'message',
  async ({ bytes, file, choice }: { bytes: Uint8Array; file: string; choice: Hdf5Choice & { bytes: number } }) => {
    mostBytes = spareBytes + 2 * choice.bytes
    try {
      parentPort!.postMessage({ contents: await readHdf5Here(bytes, file, choice) })
    } catch (error) {
      if (error instanceof SpikeletError) {
        const { cause: _, ...parts } = error.parts
        parentPort!.postMessage({ fault: parts })
      } else throw error
    }
  },
)
