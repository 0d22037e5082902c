import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson, systemFault, writeWhole } from '../../../base/index.ts'
import { doJob } from '../do-job.ts'
import type { FromChild, TrainJob } from '../job.ts'
import { taskFiles } from './task-files.ts'

/** What a task of an array job runs: `task.js FOLDER NUMBER`. What it has to tell lies in files of the folder. */
const [folder, number] = process.argv.slice(2)
const task = Number(number)
const files = taskFiles(folder, task)
const stop = { aborted: false }
// Slurm sends it before the task's time is over, or when another job takes its place.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => (stop.aborted = true))

/** Seconds between notes of how much is done. */
const noteEvery = 2

let notedAt = 0
let noting: Promise<unknown> = Promise.resolve()

function tell(message: FromChild): void {
  if (message.type === 'line') process.stdout.write(`${message.text}\n`)
  const now = Date.now() / 1000
  if (message.type !== 'progress' || now - notedAt < noteEvery) return
  notedAt = now
  // A share of a disk that is lost is a bar that stands still.
  noting = noting.then(() => writeWhole(files.progress, JSON.stringify(message.share))).catch(() => {})
}

async function work(): Promise<FromChild> {
  const list = parseJson(await readFile(join(folder, 'jobs.json'), 'utf8'), join(folder, 'jobs.json'))
  const job = (list as readonly TrainJob[])[task]
  const options = { ...job.options, threads: job.options.threads ?? givenCores() }
  return doJob({ ...job, options }, { env: process.env, clock: () => Date.now() / 1000, stop, tell })
}

/** The cores that Slurm gave to this task; not every cluster keeps a task to them. */
function givenCores(): number | undefined {
  const cores = Number.parseInt(process.env.SLURM_JOB_CPUS_PER_NODE ?? '', 10)
  return cores >= 1 ? cores : undefined
}

let end: FromChild
try {
  // Of the time before, where Slurm starts a task again.
  await rm(files.end, { force: true })
  end = await work()
} catch (error) {
  const fault = systemFault(error)
  end = { type: 'failed', message: fault instanceof Error ? fault.message : String(fault) }
  process.stdout.write(`${end.message}\n`)
}
await noting
await writeWhole(files.end, `${JSON.stringify(end)}\n`)
process.exit(end.type === 'failed' ? 1 : 0)
