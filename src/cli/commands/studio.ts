import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { ResourceError } from '../../base/index.ts'
import { wholeNumber } from '../../runs/index.ts'
import { startStudio } from '../../studio/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../surroundings.ts'

/** The root of the package, whether built or from sources. */
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Serves the studio until Ctrl-C. */
export const studioCommand = defineCommand({
  name: 'studio',
  usage: '[folder]',
  summary: 'Opens the studio: neurons, training, runs and networks in the browser',
  schema: z.object({
    port: wholeNumber(0).max(65535, '65535 or less').default(0).describe('port of this machine; 0: any that is free'),
    open: z.boolean().default(false).describe('opens it in the browser'),
  }),
  notes: [
    'Only this machine can reach it, and only with the address that is printed: it holds a token.',
    'Runs that it starts are runs of the command line, and lie in the folder (runs, where none is named).',
  ],
  examples: ['studio', 'studio ./runs --port 8080 --open'],
  async run({ positional, options, surroundings }) {
    const pages = resolve(root, 'dist/studio-pages')
    if (!existsSync(pages)) {
      throw new ResourceError({ what: 'the pages of the studio are not built', place: pages, next: 'npm run build' })
    }
    const { server, address } = await startStudio({
      folder: resolve(positional[0] ?? 'runs'),
      program: resolve(root, 'dist/cli/main.js'),
      clock: surroundings.clock,
      pages,
      mounted: {
        'data/fashion-mnist': resolve(root, 'data/fashion-mnist'),
        'data/zoo': resolve(root, 'data/zoo'),
        // The reader of HDF5, which pages load when a file asks for it.
        vendor: dirname(fileURLToPath(import.meta.resolve('h5wasm'))),
      },
      port: options.port,
      token: randomBytes(24).toString('base64url'),
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error
      const taken = error.code === 'EADDRINUSE'
      throw new ResourceError({
        what: taken ? 'this port is in use' : 'this port may not be used',
        place: `--port ${options.port}`,
        next: 'Choose another, or leave --port out.',
        cause: error,
      })
    })
    surroundings.write(`${address}\nCtrl-C ends it.\n`)
    if (options.open) openInBrowser(address)
    await new Promise<void>((resolve) => {
      const ignore = surroundings.onInterrupt(() => {
        ignore()
        resolve()
      })
    })
    server.close()
    server.closeAllConnections()
    return exitCodes.done
  },
})

function openInBrowser(address: string): void {
  const program = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open'
  const child = spawn(program, [address], { stdio: 'ignore', detached: true })
  child.on('error', () => {}) // the address is on the screen
  child.unref()
}
