import { type DataFolder, openFolder } from '../files.ts'
import type { Datasets } from './dataset.ts'
import { sidesOf } from './event-sets.ts'
import { imageFilesDataset, isImageName } from './image-files.ts'

/**
 * Your own images, PNG or JPEG, all of one size: a folder per class, or such below `train` and `test`. Without those
 * two, every tenth image of each class is for tests. Images have three channels, grey ones repeat theirs.
 * @throws UsageError if there are too few; FormatError if one is damaged or of another size
 */
export async function imageFolder(place: DataFolder | string | URL): Promise<Datasets> {
  const folder = openFolder(place)
  const { sides, classes, split } = await sidesOf(folder, isImageName)
  return {
    name: 'image-folder',
    train: await imageFilesDataset('image-folder train', classes, folder, sides.train),
    test: await imageFilesDataset('image-folder test', classes, folder, sides.test),
    split,
    notes: [],
  }
}
