export { canThread, type PageBackendOptions, pageBackend } from './browser-backend.ts'
