import { UsageError } from '../../base/index.ts'
import { usualMaxPixels } from '../../formats/index.ts'
import { openFolder, type Place } from '../files.ts'
import { sidesOf } from './class-sides.ts'
import type { Datasets } from './dataset.ts'
import type { ImageFolderOptions, ImageSet } from './definition.ts'
import { type ImageSize, imageFilesDataset, imageKind } from './image-files.ts'
import { lastOf } from './limit.ts'

/**
 * Your own images, PNG or JPEG: a folder per class, or such below `train` and `test`, with `val` for validation. Without
 * those, every tenth image of each class is for tests. Images have three channels, grey ones repeat theirs.
 * @throws UsageError if there are too few, or the size is out of range; FormatError if one is damaged or of another size
 */
export async function imageFolder(place: Place, { imageSize }: ImageFolderOptions = {}): Promise<Datasets> {
  if (imageSize) checkSize(imageSize)
  const folder = openFolder(place)
  const { train, validation, test, classes, split, notes } = await sidesOf(folder, imageKind)
  const scaling = imageSize ? { imageSize } : {}
  return {
    name: 'image-folder',
    train: await imageFilesDataset('image-folder train', classes, folder, [...train, ...validation], scaling),
    test: await imageFilesDataset('image-folder test', classes, folder, test, scaling),
    ...(validation.length > 0 ? { validation: lastOf(train.length, validation.length) } : {}),
    ...scaling,
    split,
    notes: [...notes, ...(imageSize ? [`images scaled to ${imageSize.width}x${imageSize.height}`] : [])],
  }
}

function checkSize({ width, height }: ImageSize): void {
  const whole = (side: number) => Number.isSafeInteger(side) && side >= 1
  if (whole(width) && whole(height) && width * height <= usualMaxPixels) return
  throw new UsageError({
    what: 'imageSize out of range',
    expected: `whole numbers, 1 or more, at most ${usualMaxPixels} pixels`,
    got: `${width}x${height}`,
  })
}

export const imageFolderSet: ImageSet = {
  kind: 'images',
  about: 'your own PNG or JPEG files, a folder per class',
  classes: [],
  mean: [0.5, 0.5, 0.5],
  deviation: [0.5, 0.5, 0.5],
  open: imageFolder,
}
