// Bundles the page into a folder: node examples/browser/build.mjs [FOLDER]. Needs the build of the package.
import { copyFile, cp, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')

/** @param {string} folder where the page goes; it is made if need be */
export async function buildPage(folder) {
  await mkdir(folder, { recursive: true })
  await build({
    entryPoints: {
      page: join(here, 'page.ts'),
      engine: join(here, 'engine.ts'),
      'browser-worker': join(root, 'dist/hosts/browser/browser-worker.js'),
    },
    outdir: folder,
    bundle: true,
    // What few pages need, such as the reader of HDF5, is loaded when it is asked for.
    splitting: true,
    chunkNames: 'chunks/[hash]',
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['browser'],
    logLevel: 'warning',
  })
  await copyFile(join(here, 'index.html'), join(folder, 'index.html'))
  await cp(join(root, 'data/fashion-mnist'), join(folder, 'data'), { recursive: true })
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildPage(process.argv[2] ?? join(here, 'site'))
}
