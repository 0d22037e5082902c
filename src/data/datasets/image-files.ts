import type { DataFolder } from '../files.ts'
import { withChannels } from '../formats/index.ts'
import { type Dataset, imageDataset } from './dataset.ts'
import { decodeInto, readImageFile } from './decode-image.ts'
import { type DecodeEntry, decodeInThreads, decodingThreads } from './decode-threads.ts'
import { type ClassFile, readListed } from './folder-sets.ts'
import { linesHash } from './members-hash.ts'
import { sharedBytes } from './shared-bytes.ts'

/** Whether a name is that of an image file. */
export function isImageName(name: string): boolean {
  return /\.(png|jpe?g)$/i.test(name)
}

/**
 * Image files as a data set; all must be of one size. They are decoded once, many of them in threads, into memory that the
 * loader's threads read. Grey ones are repeated over three channels where `channels` is 3.
 * @throws FormatError if a file is damaged, or of another size than the first
 */
export async function imageFilesDataset(
  name: string,
  classes: readonly string[],
  folder: DataFolder,
  files: readonly ClassFile[],
  channels: 1 | 3 = 3,
): Promise<Dataset> {
  const [first, ...rest] = files
  if (!first) return imageDataset({ name, classes, shape: [0, 0, channels], labels: [], pixels: new Uint8Array(0) })
  const image = withChannels(readImageFile(await readListed(folder, first.path), first.path), channels)
  const shape = [image.height, image.width, channels] as const
  const pixels = sharedBytes(files.length * image.pixels.length)
  pixels.set(image.pixels)
  const threads = decodingThreads(files.length, { shape, pixels })
  if (threads > 0) await decodeInThreads(threads, { shape, pixels }, entriesOf(folder, rest))
  else for await (const { index, path, bytes } of entriesOf(folder, rest)) decodeInto(pixels, index, bytes, path, shape)
  const labels = files.map(({ label }) => label)
  const table = imageDataset({ name, classes, shape, labels, pixels })
  return { ...table, members: linesHash(files.map(({ path, label, bytes }) => `${path}\t${classes[label]}\t${bytes}`)) }
}

/** The files after the first, read when they are asked for. */
async function* entriesOf(folder: DataFolder, files: readonly ClassFile[]): AsyncGenerator<DecodeEntry> {
  for (const [i, { path }] of files.entries()) yield { index: i + 1, path, bytes: await readListed(folder, path) }
}
