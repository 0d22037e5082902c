import { FormatError } from '../../base/index.ts'
import { md5 } from '../downloads/index.ts'
import { type DataFolder, openFolder, type Place } from '../files.ts'
import { isOfKind } from './class-sides.ts'
import type { Datasets } from './dataset.ts'
import type { ImageSet } from './definition.ts'
import { type ClassFile, classFiles, listFolder, storedFile } from './folder-sets.ts'
import { imageFilesDataset, imageKind } from './image-files.ts'
import { missingFiles } from './missing-files.ts'

/**
 * Tiny-ImageNet, [64, 64, 3], 200 classes: 100,000 + 10,000 JPEG files, grey ones among them, or as many classes as the
 * training folder has. Its validation images are the ones to be judged by: the test images have no labels.
 * @param folder the unpacked tiny-imagenet-200
 * @throws UsageError if files are missing; FormatError if one is damaged
 * @see Le and Yang 2015
 */
export async function tinyImagenet(place: Place): Promise<Datasets> {
  const folder = openFolder(place)
  const [list, words] = [await folder.read('wnids.txt'), await folder.read('words.txt')]
  const annotations = await folder.read('val/val_annotations.txt')
  const missing = [...(list ? [] : ['wnids.txt']), ...(annotations ? [] : ['val/val_annotations.txt'])]
  if (!list || !annotations) throw missingFiles('tiny-imagenet', folder, missing, 2)
  const ids = linesOf(list).filter((line) => /^n\d+$/.test(line))
  const train = await classFiles(
    folder,
    'train',
    ids.map((id) => `${id}/images`),
    (name) => isOfKind(imageKind, name),
  )
  const test = await validationFiles(folder, ids, annotations)
  if (train.length === 0 || test.length === 0)
    throw missingFiles('tiny-imagenet', folder, ['train/*/images, val/images'], 2)
  const names = new Map(words ? linesOf(words).map((line) => line.split('\t') as [string, string]) : [])
  const classes = ids.map((id) => names.get(id)?.split(',')[0].trim() ?? id)
  const whole = train.length === 100_000 && test.length === 10_000
  return {
    name: 'tiny-imagenet',
    train: await imageFilesDataset('tiny-imagenet train', classes, folder, train),
    test: await imageFilesDataset('tiny-imagenet val', classes, folder, test),
    split: 'official train and val',
    notes: whole ? [] : [`a part: ${train.length} of 100000 training and ${test.length} of 10000 validation images`],
  }
}

async function validationFiles(
  folder: DataFolder,
  ids: readonly string[],
  annotations: Uint8Array,
): Promise<ClassFile[]> {
  const entries = new Map(((await listFolder(folder, 'val/images')) ?? []).map((entry) => [entry.name, entry]))
  return linesOf(annotations).flatMap((line, i) => {
    const [name, id] = line.split('\t')
    const label = ids.indexOf(id)
    const entry = entries.get(name)
    if (label < 0) {
      throw new FormatError({
        what: 'a validation image has a class that is not listed',
        place: `val/val_annotations.txt, line ${i + 1}`,
        expected: 'a class of wnids.txt',
        got: `'${String(id).slice(0, 40)}'`,
      })
    }
    return entry ? [{ ...storedFile('val/images', entry), label }] : []
  })
}

function linesOf(bytes: Uint8Array): string[] {
  return new TextDecoder()
    .decode(bytes)
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
}

export const tinyImagenetSet: ImageSet = {
  kind: 'images',
  about: 'photographs of 200 classes, colour, 64x64, 100,000 + 10,000',
  classes: [],
  mean: [0.4802, 0.4481, 0.3975],
  deviation: [0.2302, 0.2265, 0.2262],
  open: tinyImagenet,
  recipe: {
    files: [
      {
        name: 'tiny-imagenet-200.zip',
        urls: ['http://cs231n.stanford.edu/tiny-imagenet-200.zip'],
        checksum: md5('90528d7ca1a48142e341f4ef8d21d0de'),
        size: 248_100_043,
        unpack: 'zip',
        strip: 1,
        top: ['train', 'val', 'test', 'wnids.txt', 'words.txt'],
      },
    ],
    licence: 'that of ImageNet: research, not for sale',
  },
}
