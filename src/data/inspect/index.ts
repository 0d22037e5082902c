export { type FileInspection, inspectFile } from './inspect-file.ts'
export { datasetIn, type FolderInspection, inspectFolder, type SideInspection } from './inspect-folder.ts'
export { imageSample, type PreviewSample, recordingSample, sampleChoice } from './samples.ts'
