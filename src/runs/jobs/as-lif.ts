import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Backend } from '../../backends/index.ts'
import { writeWhole } from '../../base/index.ts'
import type { Datasets } from '../../data/index.ts'
import { runAsLif } from '../run-as-lif.ts'
import { runFiles } from '../run-files.ts'

import { trainOptionsOf } from '../trainer-options.ts'
import type { TrainJob } from './job.ts'

/** Runs the last epoch's network of a finished run as LIF, and keeps what was found in the run's folder. */
export async function keepAsLif(
  { folder, options }: TrainJob,
  datasets: Datasets,
  { backend, clock }: { readonly backend: Backend; readonly clock: () => number },
): Promise<void> {
  const checkpoint = await readFile(join(folder, runFiles.last))
  const { host, T, loss, batch, transforms } = await trainOptionsOf(options, datasets, { backend, clock })
  const rows = await runAsLif(checkpoint, datasets.test, {
    backend,
    host,
    T,
    ...(loss ? { loss } : {}),
    ...(batch ? { batch } : {}),
    transforms: transforms?.evaluation ?? [],
  })
  await writeWhole(join(folder, runFiles.asLif), `${JSON.stringify(rows)}\n`)
}
