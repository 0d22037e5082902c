/** What a loader thread runs: it waits for jobs and fills the slots they name. Started by node-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { storedSample } from '../datasets/index.ts'
import { imagePipeline, makeTransform } from '../transforms/index.ts'
import { fillBatch } from './fill-batch.ts'
import type { ThreadJob, ThreadSetup } from './thread.ts'

const { layout, seed, transforms, mixing, samples, slots } = workerData as ThreadSetup
const pipeline = imagePipeline(layout, transforms.map(makeTransform), seed)
const image = storedSample(layout, samples)

parentPort!.on('message', (job: ThreadJob) => {
  fillBatch(pipeline, layout, image, job, slots[job.slot], mixing && { how: mixing, seed })
  parentPort!.postMessage(job.id)
})
