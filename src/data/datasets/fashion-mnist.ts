import { openFolder, type Place } from '../files.ts'
import type { Datasets } from './dataset.ts'
import type { ImageSet } from './definition.ts'
import { idxFiles, originalIdx, readSplits } from './idx-splits.ts'

const fashionClasses = [
  'T-shirt/top',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
]

const embedded = {
  train: { images: [1, 2, 3, 4].map((shard) => `train-images-${shard}.idx`), labels: 'train-labels.idx' },
  test: { images: ['test-images-1.idx'], labels: 'test-labels.idx' },
}

/**
 * Fashion-MNIST: clothes, [28, 28, 1]. Without a folder, the part that Spikelet carries: the first 11,000 training and
 * 2,000 test images; with one, the full 60,000 + 10,000.
 * @param folder where the four IDX files are, plain or .gz
 * @throws UsageError if a file is missing; FormatError if one is damaged
 * @see Xiao et al. 2017, arXiv:1708.07747
 */
export async function fashionMnist(folder?: Place): Promise<Datasets> {
  const name = 'fashion-mnist'
  if (folder !== undefined) {
    const { train, test } = await readSplits(name, fashionClasses, openFolder(folder), originalIdx)
    return { name, train, test, notes: [] }
  }
  return embeddedFashionMnist(new URL('../../../data/fashion-mnist/', import.meta.url))
}

/** Fashion-MNIST's embedded part read from elsewhere, such as a page's own address. */
export async function embeddedFashionMnist(folder: Place): Promise<Datasets> {
  const { train, test } = await readSplits('fashion-mnist', fashionClasses, openFolder(folder), embedded)
  return {
    name: 'fashion-mnist',
    train,
    test,
    notes: [`the embedded part: ${train.length} training and ${test.length} test images`],
  }
}

export const fashionMnistSet: ImageSet = {
  kind: 'images',
  about: 'clothes, grey, 28x28, 60,000 + 10,000; a part comes with Spikelet',
  classes: fashionClasses,
  mean: [0.286],
  deviation: [0.353],
  embedded: () => fashionMnist(),
  open: (folder) => fashionMnist(folder),
  recipe: {
    files: idxFiles(
      [
        'https://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
        'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      ],
      [
        '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
        '25c81989df183df01b3e8a0aad5dffbe',
        'bef4ecab320f06d8554ea6380940ec79',
        'bb300cfdad3c16e7a12a480ee83cd310',
      ],
      [
        'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
        'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
        '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
        '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
      ],
    ),
    licence: 'MIT',
  },
}
