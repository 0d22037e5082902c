import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const root = fileURLToPath(new URL('.', import.meta.url))

/** The pages of the studio. They load nothing from elsewhere, and lie anywhere: all addresses are relative. */
export default defineConfig({
  root,
  base: './',
  configFile: false,
  resolve: { conditions: ['browser', 'import', 'module', 'default'] },
  worker: {
    format: 'es',
    rolldownOptions: { external: ['h5wasm'], output: { paths: { h5wasm: '../vendor/hdf5_hl.js' } } },
  },
  build: {
    outDir: process.env.STUDIO_OUT ?? '../dist/studio-pages',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 8000,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      // The reader of HDF5 is large, and installed beside the package: the server gives it from there.
      external: ['h5wasm'],
      output: { paths: { h5wasm: '../vendor/hdf5_hl.js' } },
    },
  },
})
