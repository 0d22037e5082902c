export { type StudioOptions, startStudio } from './server.ts'
