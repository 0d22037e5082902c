export { isJpeg, readJpeg } from './jpeg.ts'
