export { ownNames, type ParameterNames, referenceNames, torchTensors } from './names.ts'
export { isOldPytorch, isPytorchArchive, type PytorchFile, readPytorch } from './pytorch.ts'
