export { type ArraySamples, arrayDataset } from './array-dataset.ts'
export { cifar10, cifar100 } from './cifar.ts'
export { survey } from './class-sides.ts'
export * from './conversion.ts'
export * from './dataset.ts'
export { readImageFile } from './decode-image.ts'
export { dvsGesture, gestureClasses, readGestureLabels } from './dvs-gesture.ts'
export {
  dvsCifar10,
  type EventFolderOptions,
  eventFolder,
  nMnist,
  SensorSizeError,
} from './event-sets.ts'
export * from './frame-cache.ts'
export * from './frame-dataset.ts'
export { idxDataset, type NamedBytes } from './idx-dataset.ts'
export { type ImageFolderOptions, imageFolder } from './image-folder.ts'
export { limitDataset, limitDatasets } from './limit.ts'
export * from './members-hash.ts'
export { embeddedFashionMnist, fashionMnist, mnist } from './mnist.ts'
export * from './packed-samples.ts'
export * from './recordings.ts'
export * from './registry.ts'
export { shd, shdClasses } from './shd.ts'
export * from './stratified-split.ts'
export { tinyImagenet } from './tiny-imagenet.ts'
