export { type StudioOptions, type StudioServer, serveStudio } from './studio-server.ts'
