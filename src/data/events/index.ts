export * from './changes.ts'
export * from './denoise.ts'
export * from './integrate.ts'
