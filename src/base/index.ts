export * from './counted.ts'
export {
  appendToFile,
  cutTornLine,
  makeFolder,
  readIfPresent,
  removeTemporaries,
  writeWhole,
  writing,
} from './durable-files.ts'
export * from './errors.ts'
export * from './float16.ts'
export * from './join-bytes.ts'
export * from './json.ts'
export * from './narrow-floats.ts'
export * from './nearest.ts'
export * from './parse-json.ts'
export * from './percent.ts'
export * from './plain-text.ts'
export * from './random.ts'
export * from './shape.ts'
export * from './size-text.ts'
export * from './suggestion.ts'
export * from './system-fault.ts'
export * from './text.ts'
