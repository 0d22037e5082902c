import { UsageError } from '../../base/index.ts'
import type { DataFolder } from '../files.ts'

const origins: Record<string, string> = {
  mnist: 'https://github.com/cvdfoundation/mnist (four .gz files)',
  'fashion-mnist': 'https://github.com/zalandoresearch/fashion-mnist (four .gz files)',
  cifar10: 'https://www.cs.toronto.edu/~kriz/cifar.html (binary version), and unpack it',
  cifar100: 'https://www.cs.toronto.edu/~kriz/cifar.html (binary version), and unpack it',
  'tiny-imagenet': 'http://cs231n.stanford.edu/tiny-imagenet-200.zip, and unpack it',
  'n-mnist': 'https://www.garrickorchard.com/datasets/n-mnist (Train.zip and Test.zip), and unpack them',
  'dvs-cifar10': 'https://figshare.com/articles/dataset/CIFAR10-DVS_New/4724671 (ten .zip files), and unpack them',
  'dvs-gesture': 'https://ibm.ent.box.com/s/3hiq58ww1pbbjrinh367ykfdf60xsfm8 (DvsGesture.tar.gz), and unpack it',
  'n-caltech101': 'https://www.garrickorchard.com/datasets/n-caltech101 (Caltech101.zip), and unpack it',
  'asl-dvs': 'https://github.com/PIX2NVS/NVS2Graph (ICCV2019_DVS_dataset.zip), and unpack it and the zip files in it',
  ssc: 'https://zenkelab.org/datasets (ssc_train.h5.gz, ssc_valid.h5.gz and ssc_test.h5.gz), and unpack them',
  shd: 'https://zenkelab.org/datasets (shd_train.h5.gz and shd_test.h5.gz), and unpack them',
}

/** The error for a folder that does not hold what a data set needs. */
export function missingFiles(
  name: string,
  folder: DataFolder,
  missing: readonly string[],
  of: number,
  remark = '',
): UsageError {
  const all = missing.length === of
  return new UsageError({
    what: all ? `no ${name} files here` : `${missing.length} of ${of} ${name} files are missing`,
    place: folder.place,
    expected: missing.join(', ') + (remark ? ` (${remark})` : ''),
    got: all ? 'none of them' : `all but ${missing.length}`,
    next: `Get them from ${origins[name]}, or name another folder.`,
  })
}
