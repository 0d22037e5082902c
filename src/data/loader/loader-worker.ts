/** What a loader thread runs: it waits for jobs and fills the slots they name. Started by node-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { sizeOf } from '../../base/index.ts'
import { imagePipeline, makeTransform } from '../transforms/index.ts'
import { fillBatch } from './fill-batch.ts'
import type { ThreadJob, ThreadSetup } from './thread.ts'

const { shape, seed, transforms, pixels, slots } = workerData as ThreadSetup
const pipeline = imagePipeline(shape, transforms.map(makeTransform), seed)
const size = sizeOf(shape)
const image = (i: number, into: Uint8Array) => into.set(pixels.subarray(i * size, (i + 1) * size))

parentPort!.on('message', (job: ThreadJob) => {
  fillBatch(pipeline, shape, image, job, slots[job.slot])
  parentPort!.postMessage(job.id)
})
