import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { makeFolder } from '../../base/index.ts'
import { serveStudio } from '../../studio/index.ts'
import { defineCommand } from '../command.ts'
import { openInBrowser } from '../open-in-browser.ts'
import { exitCodes } from '../surroundings.ts'

/** Serves the pages of the studio for one folder of runs, until Ctrl-C. */
export const studioCommand = defineCommand({
  name: 'studio',
  usage: '[folder]',
  summary: 'Opens the studio: neurons, trainings, runs and networks in the browser',
  schema: z.object({
    port: z
      .number('a whole number')
      .int('a whole number')
      .min(0, '0 or more')
      .max(65535, '65535 or less')
      .optional()
      .describe('port on this machine; 8471, or the next that is free'),
    open: z.boolean().default(false).describe('opens the browser too'),
  }),
  notes: [
    'The studio answers on this machine alone, and only who has the whole address. Ctrl-C ends it; trainings that were',
    'started in it save and stop.',
  ],
  examples: ['studio', 'studio runs --open', 'studio runs/sweep-1 --port 9000'],
  async run({ positional, options, surroundings }) {
    const folder = positional[0] ?? 'runs'
    // A first visit is no fault: runs that are started in the page lie there.
    if (positional[0] === undefined) await makeFolder(folder)
    const inPackage = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
    const server = await serveStudio({
      folder,
      pages: inPackage('dist/studio-pages'),
      mounted: {
        '/data/fashion-mnist/': inPackage('data/fashion-mnist'),
        '/data/zoo/': inPackage('data/zoo'),
        // The reader of HDF5, which pages load when a file asks for it.
        '/vendor/': dirname(fileURLToPath(import.meta.resolve('h5wasm'))),
      },
      program: [process.execPath, inPackage('dist/cli/main.js')],
      clock: surroundings.clock,
      ...(options.port === undefined ? {} : { port: options.port }),
    })
    let ignore = () => {}
    const interrupted = new Promise<void>((resolve) => {
      let asked = false
      ignore = surroundings.onInterrupt(() => {
        if (asked) surroundings.exit(exitCodes.interrupted)
        asked = true
        resolve()
      })
    })
    surroundings.write(
      `${server.address}\nOpen this address: it holds what the runs in ${folder} are asked with. Ctrl-C ends it.\n`,
    )
    if (options.open) await openInBrowser(server.address)
    await interrupted
    const going = server.going()
    if (going > 0) {
      const runs = going === 1 ? 'a training saves' : `${going} trainings save`
      surroundings.writeError(`${runs}, and the studio ends then; Ctrl-C again ends it at once\n`)
    }
    await server.close()
    ignore()
    return exitCodes.done
  },
})
