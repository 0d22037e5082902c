import { makeFolder } from '../base/index.ts'
import { openNodeRunStore } from './run-store.ts'
import { UsageError } from '../base/index.ts'
import { type Hosted, hosted, type RunChoice } from '../hosts/index.ts'
import { defaultBackend } from '../hosts/node/index.ts'
import { MemoryRunStore, type RunStore } from '../train/index.ts'

/** Training in Node: all threads, a folder under runs/ for each run, lines to standard error. */
export const nodeTraining: Hosted = hosted({
  host: {
    clock: () => performance.now() / 1000,
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  },
  createBackend: ({ backend, threads }) =>
    defaultBackend({
      ...(typeof backend === 'string' ? { backend } : {}),
      ...(threads === undefined ? {} : { threads }),
    }),
  openStore,
  memoryBudget: 2 ** 32,
  log,
})

function log(line: string): void {
  console.error(line)
}

async function openStore({ run, resume }: RunChoice, names: { dataset: string; model: string }): Promise<RunStore> {
  if (run === false) return new MemoryRunStore()
  if (resume && run === undefined) {
    throw new UsageError({ what: 'train: which run shall be resumed?', expected: 'its folder, as `run`', got: 'none' })
  }
  const folder =
    run === undefined ? await freeFolder(`${names.dataset}-${names.model}`) : resume ? run : await withoutRun(run)
  return openNodeRunStore(folder, { mode: resume ? 'resume' : 'new', clock: () => Date.now() / 1000 })
}

/** The folder, or the first of `<folder>-002` and so on that holds no run: a program can be run again. */
async function withoutRun(folder: string): Promise<string> {
  const { existsSync } = process.getBuiltinModule('node:fs')
  const { join } = process.getBuiltinModule('node:path')
  const nth = (n: number) => (n === 1 ? folder : `${folder}-${String(n).padStart(3, '0')}`)
  let n = 1
  while (existsSync(join(nth(n), 'config.json'))) n++
  if (n > 1) log(`${folder} holds a run already: this one goes to ${nth(n)}`)
  return nth(n)
}

/** `runs/<name>-001`, or the first number that is free. */
async function freeFolder(name: string): Promise<string> {
  const { mkdir } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  await makeFolder('runs')
  for (let n = 1; ; n++) {
    const folder = join('runs', `${name}-${String(n).padStart(3, '0')}`)
    const made = await mkdir(folder).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false
        throw error
      },
    )
    if (made) return folder
  }
}
