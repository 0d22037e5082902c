import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  autoAugment,
  cutout,
  diskFrameCache,
  isImageSet,
  randomCrop,
  randomErasing,
  randomFlip,
  trivialAugmentWide,
} from '../dist/data/index.js'
import {
  clif,
  defaultBackend,
  fashionMnist,
  Loader,
  modelNamed,
  normalisationOf,
  normalise,
  openDataset,
  train,
} from '../dist/node.js'
import { now } from './timing.mjs'

/**
 * Images a second of the loader alone, over the embedded Fashion-MNIST and the data sets that were named, as they are and
 * with the changes of their published training; and the share of a training's time in which it waited for a batch.
 * @param {{ data: readonly string[] }} wanted `NAME=FOLDER` each
 */
export async function measureLoader({ data = [] } = {}) {
  const found = []
  const cache = await mkdtemp(join(tmpdir(), 'spikelet-bench-'))
  try {
    for (const entry of ['fashion-mnist', ...data]) {
      const [name, folder] = entry.split('=')
      const started = now()
      const sets = await opened(name, folder, cache)
      const openSeconds = now() - started
      for (const [images, options] of Object.entries(changesOf(name, sets.train))) {
        for (const threads of [0, 1, availableParallelism()]) {
          const imagesPerSecond = await speed(sets.train, options, threads)
          found.push({ dataset: name, samples: sets.train.length, openSeconds, threads, images, imagesPerSecond })
        }
      }
      found.push({ dataset: name, ...(await waiting(sets, changesOf(name, sets.train).published)) })
    }
  } finally {
    await rm(cache, { recursive: true, force: true })
  }
  return found
}

function opened(name, folder, cache) {
  if (folder === undefined) return fashionMnist()
  return openDataset(name, folder, isImageSet(name) ? {} : { frames: { T: 10 }, cache: diskFrameCache(cache) })
}

/** As they are; and as published runs change them, with mixing where it belongs to them. */
function changesOf(name, { shape: [height], steps }) {
  if (steps !== undefined) return { plain: {}, published: { transforms: [randomFlip()] } }
  const { mean, deviation } = normalisationOf(name)
  const normalised = [normalise(mean, deviation)]
  const crop = [randomCrop({ padding: Math.round(height / 8) }), randomFlip()]
  return {
    plain: {},
    published: { transforms: [...crop, ...normalised, cutout({ size: Math.round(height / 2) })] },
    'auto-imagenet': { transforms: [autoAugment({ policy: 'imagenet' }), randomFlip(), ...normalised] },
    starred: {
      transforms: [
        randomFlip(),
        trivialAugmentWide({ interpolation: 'bilinear' }),
        ...normalised,
        randomErasing({ probability: 0.1 }),
      ],
      mixing: { mixup: 0.2, cutmix: 1 },
    },
  }
}

const leastSeconds = 1

/** Of whole epochs behind the first: threads and code are warm by then. */
async function speed(dataset, options, threads) {
  const loader = new Loader(dataset, { batchSize: 64, seed: 1, threads, ...options })
  try {
    for await (const _ of loader.epoch());
    const start = now()
    let images = 0
    while (now() - start < leastSeconds) for await (const batch of loader.epoch()) images += batch.labels.length
    return images / (now() - start)
  } finally {
    await loader.close()
  }
}

const trainedImages = 512

/** A short training with one loader thread: how much of its time it waited for batches, the first epoch left out. */
async function waiting({ name, train: dataset, test, notes }, { transforms }) {
  const { shape, steps, classes } = dataset
  const T = steps ?? 4
  const model = shape[0] < 15 ? 'snn3' : steps === undefined ? 'snn5' : 'snn3'
  const network = modelNamed(model)({ input: shape, classes: classes.length, neuron: clif(), T })
  const backend = await defaultBackend({})
  try {
    const part = { ...dataset, length: Math.min(trainedImages, dataset.length) }
    const few = { ...test, length: Math.min(64, test.length) }
    const result = await train(
      network,
      { name, train: part, test: few, notes },
      {
        backend,
        T,
        epochs: 3,
        batch: 32,
        seed: 1,
        validation: 'none',
        transforms: { train: transforms },
        loaderThreads: 1,
        run: false,
        log: () => {},
      },
    )
    const later = result.epochs.slice(1)
    const seconds = later.reduce((sum, epoch) => sum + epoch.seconds, 0)
    const waited = later.reduce((sum, epoch) => sum + epoch.loaderSeconds, 0)
    return { model, trainingImagesPerSecond: (part.length * later.length) / seconds, waitingShare: waited / seconds }
  } finally {
    await backend.close()
  }
}

const rounded = (value) => Math.round(value).toLocaleString('en-US')

/** @param {Awaited<ReturnType<typeof measureLoader>>} found */
export function loaderText(found) {
  return found
    .map(({ dataset, samples, openSeconds, threads, images, imagesPerSecond, model, ...trained }) => {
      if (model !== undefined) {
        const { trainingImagesPerSecond, waitingShare } = trained
        const share = `${(100 * waitingShare).toFixed(2)} %`
        return `${dataset}: training ${model}, ${rounded(trainingImagesPerSecond)} images/s, waits ${share} of its time`
      }
      const where = threads === 0 ? 'without threads' : `on ${threads} thread${threads === 1 ? '' : 's'}`
      const opening = `${samples} opened in ${openSeconds.toFixed(1)} s`
      return `${dataset}, ${opening}, ${images}, ${where}: ${rounded(imagesPerSecond)} images/s`
    })
    .join('\n')
}
