import { defaultBackend } from '../../hosts/node/index.ts'
import { evaluate, train } from '../../train/index.ts'
import { backendOptions } from '../backend-options.ts'
import { openImages } from '../images.ts'
import { networkOf } from '../run.ts'
import { pause, trainOptionsOf } from '../trainer-options.ts'
import type { JobSurroundings, ProbeJob, ProbeResult } from './job.ts'
import { progressTo } from './progress-to.ts'

/** The first update compiles kernels; what follows is timed. */
const leastUpdates = 3

/** Times a few updates, and the judging of a batch of test images, of a kind of run. Keeps nothing. */
export async function probe(job: ProbeJob, { env, clock, stop, tell }: JobSurroundings): Promise<ProbeResult> {
  const { dataset, options } = job
  const started = clock()
  const datasets = await openImages(dataset, options, { progress: progressTo(tell), env })
  const backend = await defaultBackend(backendOptions(options))
  try {
    const network = await networkOf(options, datasets)
    const times: number[] = []
    let updatesPerEpoch = 0
    const training = await trainOptionsOf(options, datasets, { backend, clock })
    await train(network, datasets, {
      ...training,
      stop,
      hooks: {
        onUpdate(update, run) {
          times.push(clock())
          updatesPerEpoch = update.updatesPerEpoch
          const enough = times.length >= job.updates || clock() - times[0] > job.seconds
          if (enough && times.length >= leastUpdates) run.stop()
        },
      },
    })
    const { T, loss, batch, transforms } = training
    const count = Math.min(options.batch, datasets.test.length)
    const { seconds } = await evaluate(network, datasets.test, {
      backend,
      host: { clock, pause },
      T,
      ...(loss ? { loss } : {}),
      ...(batch ? { batch } : {}),
      transforms: transforms?.evaluation ?? [],
      indices: Uint32Array.from({ length: count }, (_, i) => i),
    })
    return {
      startSeconds: times[0] - started,
      updateSeconds: median(times.slice(1).map((time, i) => time - times[i])),
      updatesPerEpoch,
      evaluationSeconds: (seconds * datasets.test.length) / count,
      bytes: 1024 * process.resourceUsage().maxRSS,
      notes: datasets.notes.map((note) => `${dataset}: ${note}`),
    }
  } finally {
    await backend.close()
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.length === 0 ? 0 : sorted[Math.floor(sorted.length / 2)]
}
