import { resizeImage, withChannels } from '../../formats/index.ts'
import type { DataFolder } from '../files.ts'
import type { FileKind } from './class-sides.ts'
import { type Dataset, imageDataset } from './dataset.ts'
import { decodeInto, readImageFile } from './decode-image.ts'
import { type DecodeEntry, decodeInThreads, decodingThreads } from './decode-threads.ts'
import { type ClassFile, readListed } from './folder-sets.ts'
import { contentHash, linesHash } from './members-hash.ts'
import { sharedBytes } from './shared-bytes.ts'

/** The image files that are read. */
export const imageKind: FileKind = { name: 'images', endings: ['.png', '.jpg', '.jpeg'] }

/** Width and height of all images of a data set, in pixels. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

/**
 * Image files as a data set; all must be of one size, or are scaled to the one that is named. They are decoded once, many of them in threads, into memory that the
 * loader's threads read. Grey ones are repeated over three channels where `channels` is 3.
 * @throws FormatError if a file is damaged, or of another size than the first
 */
export async function imageFilesDataset(
  name: string,
  classes: readonly string[],
  folder: DataFolder,
  files: readonly ClassFile[],
  { channels = 3, imageSize }: { channels?: 1 | 3; imageSize?: ImageSize } = {},
): Promise<Dataset> {
  const [first, ...rest] = files
  if (!first) return imageDataset({ name, classes, shape: [0, 0, channels], labels: [], pixels: new Uint8Array(0) })
  const bytes = await readListed(folder, first.path)
  const read = withChannels(readImageFile(bytes, first.path), channels)
  const image = imageSize ? resizeImage(read, imageSize) : read
  const scaled = imageSize !== undefined
  const hashes = [contentHash(bytes)]
  const shape = [image.height, image.width, channels] as const
  const pixels = sharedBytes(files.length * image.pixels.length)
  pixels.set(image.pixels)
  const threads = decodingThreads(files.length, { shape, pixels, scaled })
  const entries = entriesOf(folder, rest, hashes)
  if (threads > 0) await decodeInThreads(threads, { shape, pixels, scaled }, entries)
  else for await (const { index, path, bytes } of entries) decodeInto(pixels, index, bytes, path, shape, scaled)
  const labels = files.map(({ label }) => label)
  const table = imageDataset({ name, classes, shape, labels, pixels })
  const lines = files.map(({ path, label }, i) => `${path}\t${classes[label]}\t${hashes[i]}`)
  const size = imageSize ? [`scaled to ${imageSize.width}x${imageSize.height}`] : []
  return { ...table, members: linesHash([...size, ...lines]) }
}

/** The files after the first, read and hashed when they are asked for. */
async function* entriesOf(
  folder: DataFolder,
  files: readonly ClassFile[],
  hashes: string[],
): AsyncGenerator<DecodeEntry> {
  for (const [i, { path }] of files.entries()) {
    const bytes = await readListed(folder, path)
    hashes[i + 1] = contentHash(bytes)
    yield { index: i + 1, path, bytes }
  }
}
