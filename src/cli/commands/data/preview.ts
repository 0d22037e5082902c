import { stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { counted, systemFault, UsageError } from '../../../base/index.ts'
import {
  aboutDataset,
  datasetNames,
  imageSample,
  isImageSet,
  openDataset,
  openRecordings,
  type PreviewSample,
  recordingSample,
  sampleChoice,
} from '../../../data/index.ts'
import { readEventFile } from '../../../formats/index.ts'
import { previewHtml } from '../../../report/index.ts'
import { readNamed } from '../../../runs/index.ts'
import { exitCodes } from '../../surroundings.ts'
import { type DataAction, type DataInvocation, fileReadingOf, readingOf } from './action.ts'

/** Writes a page of samples with their labels; recordings play on it. */
export const previewData: DataAction = async ({ target, options, surroundings }) => {
  if (target === undefined) {
    throw new UsageError({ what: 'the data set or file is missing', expected: 'spikelet data preview NAME-OR-FILE' })
  }
  const isName = (datasetNames as readonly string[]).includes(target)
  const samples = isName ? await datasetSamples(target, options) : [await fileSample(target, options)]
  const title = isName ? `${target}, ${options.split}` : basename(target)
  const about = isName ? aboutDataset(target) : `${(samples[0].durationUs ?? 0) / 1e6} s`
  await writeFile(options.out, previewHtml({ title, about, samples })).catch((cause) => {
    throw systemFault(cause, {
      what: 'the page cannot be written',
      path: options.out,
      next: 'Name another place with --out.',
    })
  })
  surroundings.write(`${options.out}: ${counted(samples.length, 'sample')}\n`)
  return exitCodes.done
}

async function datasetSamples(name: string, options: DataInvocation['options']): Promise<PreviewSample[]> {
  const { data, split, count } = options
  if (isImageSet(name)) {
    const folder = data ?? (name === 'fashion-mnist' ? undefined : join('data', name))
    const dataset = (await openDataset(name, folder))[split]
    const labels = Array.from({ length: dataset.length }, (_, i) => dataset.label(i))
    return sampleChoice(labels, dataset.classes.length, count).map((i) => imageSample(dataset, i))
  }
  const recordings = (await openRecordings(name, data ?? join('data', name), readingOf(options)))[split]
  const { members, classes } = recordings
  const chosen = sampleChoice(
    members.map(({ label }) => label),
    classes.length,
    count,
  )
  const samples: PreviewSample[] = []
  for (const i of chosen) samples.push(recordingSample(await recordings.read(i), classes[members[i].label]))
  return samples
}

async function fileSample(file: string, options: DataInvocation['options']): Promise<PreviewSample> {
  if (
    await stat(file).then(
      (status) => status.isDirectory(),
      () => false,
    )
  ) {
    throw new UsageError({
      what: 'a folder has no preview of its own',
      place: file,
      expected: `the name of a data set, of ${datasetNames.join(', ')}`,
      next: `Write for example npx spikelet data preview event-folder --data ${file}`,
    })
  }
  return recordingSample(await readEventFile(await readNamed(file), file, fileReadingOf(options)), basename(file))
}
