// Builds the studio's pages into dist/studio-pages, where the command line serves them; with --site [FOLDER] as a site that needs no
// server of ours, its data included (default: site/studio).
import { cp } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import config from '../studio/vite.config.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const [flag, folder = join(root, 'site/studio')] = process.argv.slice(2)
const site = flag === '--site'
const outDir = site ? resolve(folder) : join(root, 'dist/studio-pages')

await build({ ...config, configFile: false, logLevel: 'error', build: { ...config.build, outDir } })
if (site) {
  for (const name of ['fashion-mnist', 'zoo']) {
    await cp(join(root, 'data', name), join(outDir, 'data', name), { recursive: true })
  }
  await cp(dirname(fileURLToPath(import.meta.resolve('h5wasm'))), join(outDir, 'vendor'), { recursive: true })
  console.log(outDir)
}
