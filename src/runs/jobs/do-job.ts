import { defaultBackend } from '../../hosts/node/index.ts'
import { backendOptions } from '../backend-options.ts'
import { earlierRun } from '../earlier-run.ts'
import { openImages } from '../images.ts'
import type { FolderLock } from '../lock.ts'
import { lockFolder } from '../lock.ts'
import { runTraining } from '../run.ts'
import { keepAsLif } from './as-lif.ts'
import type { FromChild, Job, JobSurroundings, TrainJob } from './job.ts'
import { probe } from './probe.ts'
import { progressTo } from './progress-to.ts'

/** Does one job in this process. @throws what the job throws */
export async function doJob(job: Job, around: JobSurroundings): Promise<FromChild> {
  if (job.type === 'probe') return { type: 'done', probe: await probe(job, around) }
  const lock = await lockFolder(job.folder, { patience: lockPatience })
  try {
    return await trainToEnd(job, lock, around)
  } finally {
    await lock.release()
  }
}

/** Seconds that a process which has lost its parent may take to notice it: an update. */
const lockPatience = 120

async function trainToEnd(
  job: TrainJob,
  lock: FolderLock,
  { env, clock, stop, tell }: JobSurroundings,
): Promise<FromChild> {
  const { dataset, options, folder, label } = job
  const progress = progressTo(tell)
  const datasets = await openImages(dataset, options, { progress, env })
  const backend = await defaultBackend(backendOptions(options))
  try {
    const request = await earlierRun(
      { dataset, options, folder, datasets, backend, label, resume: false, lock },
      progress.line,
    )
    if (!('final' in request)) {
      const { summary } = await runTraining(request, { surroundings: { clock }, progress, stop })
      if (!summary) return { type: 'stopped' }
    }
    if (job.analysis) await keepAsLif(job, datasets, { backend, clock })
    return { type: 'done' }
  } finally {
    await backend.close()
  }
}
