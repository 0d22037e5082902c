import { fashionMnist, Loader, normalise, randomCrop, randomFlip } from '../dist/node.js'
import { now } from './timing.mjs'

const transforms = [randomCrop({ padding: 2 }), randomFlip(), normalise([0.286], [0.353])]

/** Images a second of the loader, over the embedded Fashion-MNIST, as they are and with training's transforms. */
export async function measureLoader() {
  const { train } = await fashionMnist()
  const found = []
  for (const threads of [0, 1]) {
    for (const [name, list] of [
      ['plain', []],
      ['transformed', transforms],
    ]) {
      found.push({ threads, images: name, imagesPerSecond: await speed(train, list, threads) })
    }
  }
  return found
}

/** Of the second epoch: threads and code are warm by then. */
async function speed(dataset, transforms, threads) {
  const loader = new Loader(dataset, { batchSize: 128, seed: 1, transforms, threads })
  try {
    for await (const _ of loader.epoch());
    const start = now()
    let images = 0
    for await (const batch of loader.epoch()) images += batch.labels.length
    return images / (now() - start)
  } finally {
    await loader.close()
  }
}

/** @param {Awaited<ReturnType<typeof measureLoader>>} found */
export function loaderText(found) {
  return found
    .map(({ threads, images, imagesPerSecond }) => {
      const where = threads === 0 ? 'without threads' : `on ${threads} thread`
      return `${images}, ${where}: ${Math.round(imagesPerSecond).toLocaleString('en-US')} images/s`
    })
    .join('\n')
}
