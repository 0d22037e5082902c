import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const root = fileURLToPath(new URL('.', import.meta.url))

/** The pages of the studio. They load nothing from elsewhere, and lie anywhere: all addresses are relative. */
export default defineConfig({
  root,
  base: './',
  configFile: false,
  resolve: { conditions: ['browser', 'import', 'module', 'default'] },
  worker: { format: 'es' },
  build: {
    outDir: process.env.STUDIO_OUT ?? '../dist/studio',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 8000,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
})
