export * from './hosted.ts'
