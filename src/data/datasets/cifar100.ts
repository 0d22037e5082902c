import { cifar100Variant } from '../../formats/index.ts'
import { md5 } from '../downloads/index.ts'
import { openFolder, type Place } from '../files.ts'
import { cifarDataset, cifarRecords, classNames, toronto } from './cifar-records.ts'
import type { Datasets } from './dataset.ts'
import type { ImageSet } from './definition.ts'
import { missingFiles } from './missing-files.ts'

/** CIFAR-100's fine classes in the order of their labels, for folders without fine_label_names.txt. */
const cifar100Classes: readonly string[] = `
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle
bowl boy bridge bus butterfly camel can castle caterpillar cattle
chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur
dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard
lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain
mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree
plain plate poppy porcupine possum rabbit raccoon ray road rocket
rose sea seal shark shrew skunk skyscraper snail snake spider
squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor
train trout tulip turtle wardrobe whale willow_tree wolf woman worm`
  .trim()
  .split(/\s+/)

/**
 * CIFAR-100 with its 100 fine classes, [32, 32, 3]: 50,000 + 10,000, or as many as the files hold.
 * @param folder the unpacked cifar-100-binary
 * @throws UsageError if train.bin or test.bin is missing; FormatError if one is damaged
 * @see Krizhevsky 2009
 */
export async function cifar100(folder: Place): Promise<Datasets> {
  const place = openFolder(folder)
  const classes = (await classNames(place, 'fine_label_names.txt', 100)) ?? cifar100Classes
  const train = await cifarRecords(place, 'train.bin', cifar100Variant)
  const test = await cifarRecords(place, 'test.bin', cifar100Variant)
  if (!train || !test) {
    const missing = [...(train ? [] : ['train.bin']), ...(test ? [] : ['test.bin'])]
    throw missingFiles('cifar100', place, missing, 2)
  }
  const whole = train.length === 50_000 && test.length === 10_000
  return {
    name: 'cifar100',
    train: cifarDataset('cifar100 train', classes, [train]),
    test: cifarDataset('cifar100 test', classes, [test]),
    notes: whole ? [] : [`a part: ${train.length} of 50000 training and ${test.length} of 10000 test images`],
  }
}

export const cifar100Set: ImageSet = {
  kind: 'images',
  about: 'photographs of 100 classes, colour, 32x32, 50,000 + 10,000',
  classes: cifar100Classes,
  mean: [0.5071, 0.4867, 0.4408],
  deviation: [0.2675, 0.2565, 0.2761],
  open: cifar100,
  recipe: {
    files: [
      {
        name: 'cifar-100-binary.tar.gz',
        urls: [`${toronto}cifar-100-binary.tar.gz`],
        checksum: md5('03b5dce01913d631647c71ecec9e9cb8'),
        size: 168_513_733,
        unpack: 'tar.gz',
        strip: 1,
        top: ['train.bin', 'test.bin', 'fine_label_names.txt', 'coarse_label_names.txt'],
      },
    ],
    licence: 'not stated; widely used for research',
  },
}
