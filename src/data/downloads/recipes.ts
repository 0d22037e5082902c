import type { Checksum } from './download.ts'
import type { ArchiveKind } from './unpack.ts'

/** One file of a data set on the web. */
export interface RecipeFile {
  readonly name: string
  readonly urls: readonly string[]
  readonly checksum?: Checksum
  /** sha256 of what a .gz file unpacks to: it tells a file that was packed again by another program. */
  readonly contents?: string
  /** In bytes, about; for people and the disk. */
  readonly size?: number
  /** How it is unpacked; without it, the file is kept as it is. */
  readonly unpack?: ArchiveKind
  /** Leading folders that are left out. */
  readonly strip?: number
  /** What lies at the archive's top, after `strip`; anything else there is refused. Default: any name that is not hidden. */
  readonly top?: readonly string[]
}

/** Where a data set comes from. */
export interface Recipe {
  readonly files: readonly RecipeFile[]
  /** Where a person gets what cannot be downloaded without one, and what must lie in the folder. */
  readonly byHand?: string
  /** Terms of use, as published. */
  readonly licence: string
}

const md5 = (value: string): Checksum => ({ algorithm: 'md5', value })

const idxNames = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
]

function idxFiles(bases: readonly string[], sums: readonly string[], contents: readonly string[] = []): RecipeFile[] {
  return idxNames.map((name, i) => ({
    name: `${name}.gz`,
    urls: bases.map((base) => `${base}${name}.gz`),
    checksum: md5(sums[i]),
    ...(contents[i] === undefined ? {} : { contents: contents[i] }),
    size: name.includes('images') ? 27_000_000 : 30_000,
  }))
}

/** The address for programs: figshare.com/ndownloader, with the same numbers, answers them with an empty 202. */
const figshare = 'https://api.figshare.com/v2/file/download/'
const mendeley = 'https://data.mendeley.com/public-files/datasets/468j46mzdv/files/'
const toronto = 'https://www.cs.toronto.edu/~kriz/'

/** Addresses and checksums as they were published. */
export const recipes: { readonly [dataset: string]: Recipe } = {
  mnist: {
    files: idxFiles(
      ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'],
      [
        'f68b3c2dcbeaaa9fbdd348bbdeb94873',
        'd53e105ee54ea40749a09fcbcd1e9432',
        '9fb629c4189551a2d022fa330f9573f3',
        'ec29112dd5afa0611ce80d1b7f02629c',
      ],
    ),
    licence: 'not stated; widely used for research',
  },
  'fashion-mnist': {
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
  cifar10: {
    files: [
      {
        name: 'cifar-10-binary.tar.gz',
        urls: [`${toronto}cifar-10-binary.tar.gz`],
        checksum: md5('c32a1d4ab5d03f1284b67883e8d87530'),
        size: 170_052_171,
        unpack: 'tar.gz',
        strip: 1,
        top: [
          ...[1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
          ...['test_batch.bin', 'batches.meta.txt', 'readme.html'],
        ],
      },
    ],
    licence: 'not stated; widely used for research',
  },
  cifar100: {
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
  'tiny-imagenet': {
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
  'n-mnist': {
    files: [
      {
        name: 'Train.zip',
        urls: [`${mendeley}39c25547-014b-4137-a934-9d29fa53c7a0/file_downloaded`],
        checksum: md5('20959b8e626244a1b502305a9e6e2031'),
        size: 1_020_000_000,
        unpack: 'zip',
        top: ['Train'],
      },
      {
        name: 'Test.zip',
        urls: [`${mendeley}05a4d654-7e03-4c15-bdfa-9bb2bcbea494/file_downloaded`],
        checksum: md5('69ca8762b2fe404d9b9bad1103e97832'),
        size: 170_000_000,
        unpack: 'zip',
        top: ['Test'],
      },
    ],
    licence: 'CC BY-SA 4.0',
  },
  'dvs-cifar10': {
    files: Object.entries({
      airplane: 7712788,
      automobile: 7712791,
      bird: 7712794,
      cat: 7712812,
      deer: 7712815,
      dog: 7712818,
      frog: 7712842,
      horse: 7712851,
      ship: 7712836,
      truck: 7712839,
    }).map(([name, id]) => ({
      name: `${name}.zip`,
      urls: [`${figshare}${id}`],
      size: 800_000_000,
      unpack: 'zip' as const,
      top: [name],
    })),
    licence: 'CC BY 4.0',
  },
  'dvs-gesture': {
    files: [],
    byHand:
      'DvsGesture.tar.gz from https://ibm.ent.box.com/s/3hiq58ww1pbbjrinh367ykfdf60xsfm8 (a page that asks you first); ' +
      'unpack it, so that trials_to_train.txt, trials_to_test.txt and the .aedat files lie in the folder',
    licence: 'CC BY 4.0',
  },
  shd: {
    files: ['shd_train.h5', 'shd_test.h5'].map((name) => ({
      name: `${name}.gz`,
      urls: [`https://zenkelab.org/datasets/${name}.gz`],
      size: 130_000_000,
      unpack: 'gz' as const,
    })),
    licence: 'CC BY 4.0',
  },
}
