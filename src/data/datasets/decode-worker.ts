/** What a decoding thread runs: it decodes the images of a job to their places. Started by decode-threads.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { SpikeletError } from '../../base/index.ts'
import { decodeInto } from './decode-image.ts'
import type { DecodeJob, DecodeSetup } from './decode-threads.ts'

const { shape, pixels, scaled } = workerData as DecodeSetup

parentPort!.on('message', (job: DecodeJob) => {
  try {
    for (const { index, path, bytes } of job) decodeInto(pixels, index, bytes, path, shape, scaled)
    parentPort!.postMessage(null)
  } catch (error) {
    if (!(error instanceof SpikeletError)) throw error
    const { cause: _, ...parts } = error.parts
    parentPort!.postMessage(parts)
  }
})
