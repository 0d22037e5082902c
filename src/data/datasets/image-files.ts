import { FormatError } from '../../base/index.ts'
import type { DataFolder } from '../files.ts'
import { type DecodedImage, isJpeg, isPng, readJpeg, readPng, withChannels } from '../formats/index.ts'
import { type Dataset, imageDataset } from './dataset.ts'
import { type ClassFile, readListed } from './folder-sets.ts'
import { linesHash } from './members-hash.ts'
import { sharedBytes } from './shared-bytes.ts'

/** Whether a name is that of an image file. */
export function isImageName(name: string): boolean {
  return /\.(png|jpe?g)$/i.test(name)
}

/**
 * An image file of any format that is read, by how it begins.
 * @throws FormatError if it is damaged, or of another format
 */
export function readImageFile(bytes: Uint8Array, file: string): DecodedImage {
  if (isPng(bytes)) return readPng(bytes, { file })
  if (isJpeg(bytes)) return readJpeg(bytes, { file })
  throw new FormatError({
    what: 'this file is no image that Spikelet can read',
    place: `${file}, byte 0`,
    expected: 'PNG or JPEG',
    got: [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ') || 'no bytes',
  })
}

/**
 * Image files as a data set; all must be of one size. Grey ones are repeated over three channels where `channels` is 3.
 * @throws FormatError if a file is damaged, or of another size than the first
 */
export async function imageFilesDataset(
  name: string,
  classes: readonly string[],
  folder: DataFolder,
  files: readonly ClassFile[],
  channels: 1 | 3 = 3,
): Promise<Dataset> {
  let [height, width] = [0, 0]
  let pixels = new Uint8Array(0)
  for (const [i, { path }] of files.entries()) {
    const image = withChannels(readImageFile(await readListed(folder, path), path), channels)
    if (i === 0) {
      ;[height, width] = [image.height, image.width]
      pixels = sharedBytes(files.length * height * width * channels) as Uint8Array<ArrayBuffer>
    }
    if (image.height !== height || image.width !== width) {
      throw new FormatError({
        what: 'an image has another size than the first',
        place: path,
        expected: `${width}x${height}`,
        got: `${image.width}x${image.height}`,
        next: 'scale the images to one size first',
      })
    }
    pixels.set(image.pixels, i * height * width * channels)
  }
  const labels = files.map(({ label }) => label)
  const table = imageDataset({ name, classes, shape: [height, width, channels], labels, pixels })
  return { ...table, members: linesHash(files.map(({ path, label, bytes }) => `${path}\t${classes[label]}\t${bytes}`)) }
}
