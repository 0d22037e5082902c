import { FormatError, shapeText } from '../../base/index.ts'
import { readIdx } from '../../formats/index.ts'
import { type Dataset, imageDataset } from './dataset.ts'
import { sharedBytes } from './shared-bytes.ts'

/** One file's bytes and the name that errors show. */
export interface NamedBytes {
  file: string
  bytes: Uint8Array
}

/**
 * Greyscale images from IDX files: one or more shards of images [n, H, W] and one file of labels.
 * @throws FormatError if a file is damaged, sizes differ, or a label is not below the number of classes
 */
export function idxDataset(
  name: string,
  classes: readonly string[],
  images: readonly NamedBytes[],
  labelFile: NamedBytes,
): Dataset {
  const shards = images.map(({ file, bytes }) => ({ file, ...readIdx(bytes, file) }))
  const [, height, width] = shards[0].shape
  for (const { file, shape } of shards) {
    if (shape.length === 3 && shape[1] === height && shape[2] === width) continue
    throw new FormatError({
      what: 'IDX file does not hold images of the expected size',
      place: `${file}, header`,
      expected: height === undefined ? '[n, height, width]' : `[n, ${height}, ${width ?? 'width'}]`,
      got: shapeText(shape),
    })
  }
  const count = shards.reduce((sum, { shape }) => sum + shape[0], 0)
  const labels = readLabels(labelFile, count, classes)
  const pixels = sharedBytes(count * height * width)
  let at = 0
  for (const { values } of shards) {
    pixels.set(values, at)
    at += values.length
  }
  return imageDataset({ name, classes, shape: [height, width, 1], labels, pixels })
}

function readLabels({ file, bytes }: NamedBytes, count: number, classes: readonly string[]): Uint8Array {
  const { shape, values } = readIdx(bytes, file)
  if (shape.length !== 1 || shape[0] !== count) {
    throw new FormatError({
      what: 'IDX labels do not belong to these images',
      place: `${file}, header`,
      expected: `[${count}], one label per image`,
      got: shapeText(shape),
    })
  }
  const wrong = values.findIndex((label) => label >= classes.length)
  if (wrong >= 0) {
    throw new FormatError({
      what: `label ${values[wrong]} of ${classes.length} classes`,
      place: `${file}, record ${wrong}, unpacked byte ${8 + wrong}`,
      expected: `0 to ${classes.length - 1}`,
      got: String(values[wrong]),
    })
  }
  return values
}
