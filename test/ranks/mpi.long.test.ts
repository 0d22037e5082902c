import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCheckpoint } from '../../src/train/index.ts'

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Launchers of MPI on this machine, as they are called there. */
const launchers = ['mpirun.openmpi', 'mpirun.mpich'].filter((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

const isRoot = process.getuid?.() === 0

function start(launcher: string, ranks: number, words: readonly string[]): ChildProcess {
  const asRoot = launcher === 'mpirun.openmpi' ? [...(isRoot ? ['--allow-run-as-root'] : []), '--oversubscribe'] : []
  return spawn(launcher, [...asRoot, '-n', String(ranks), process.execPath, command, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function ended(child: ChildProcess): Promise<{ code: number | null; output: string; errors: string }> {
  let [output, errors] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (part) => (output += part))
  child.stderr?.setEncoding('utf8').on('data', (part) => (errors += part))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output, errors }
}

/** Processes of the system whose parent is this one or one of its children. */
function descendantsOf(pid: number): number[] {
  const parents = readdirSync('/proc').flatMap((name) => {
    try {
      const fields = readFileSync(`/proc/${Number(name)}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
      return [{ pid: Number(name), parent: Number(fields[1]) }]
    } catch {
      return []
    }
  })
  const children = parents.filter(({ parent }) => parent === pid).map((one) => one.pid)
  return children.flatMap((child) => [child, ...descendantsOf(child)])
}

function isRank(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(process.execPath)
  } catch {
    return false
  }
}

const small = 'train fashion-mnist --model snn5 --T 2 --limit 60 --threads 1 --validation 0'.split(' ')

describe.skipIf(launchers.length === 0 || !existsSync(command))('training over MPI (needs it, and the build)', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spikelet-mpi-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const bytesOf = (run: string) => loadCheckpoint(readFileSync(join(run, 'checkpoints', 'last.safetensors')))
  const valuesOf = (run: string) =>
    bytesOf(run)
      .net.parameters()
      .map(({ values }) => [...values])

  describe.each(launchers)('%s', (launcher) => {
    test('two ranks train one network, twice the same, and rank 0 alone speaks and writes', async () => {
      const run = (name: string) => [
        ...small,
        '--batch',
        '20',
        '--epochs',
        '1',
        '--out',
        folder,
        '--name',
        name,
        '--sync-batchnorm',
      ]
      const first = await ended(start(launcher, 2, run(`${launcher}-a`)))
      expect(first.errors).toContain('epoch 1/1')
      expect(first.errors.match(/epoch 1\/1: /g)).toHaveLength(1)
      expect(first.output.match(/test accuracy/g)).toHaveLength(1)
      expect(first.code).toBe(0)
      await ended(start(launcher, 2, run(`${launcher}-b`)))
      const [a, b] = [`${launcher}-a`, `${launcher}-b`].map((name) => join(folder, name))
      expect(valuesOf(b)).toEqual(valuesOf(a))
      const config = JSON.parse(await readFile(join(a, 'config.json'), 'utf8'))
      expect(config).toMatchObject({ ranks: 2, syncBatchNorm: true })
      expect(config.distributed.hosts).toHaveLength(2)
      expect(config.distributed.engine).toMatch(/MPI/)
    })

    test('a rank that is killed ends the job; its checkpoint is whole; fewer ranks go on from there', async () => {
      const run = join(folder, `${launcher}-killed`)
      const epochs = 12
      const words = [
        ...small,
        '--batch',
        '20',
        '--epochs',
        String(epochs),
        '--out',
        folder,
        '--name',
        `${launcher}-killed`,
      ]
      const child = start(launcher, 2, [...words, '--checkpoint-every', '1'])
      const end = ended(child)
      while (!existsSync(join(run, 'checkpoints', 'last.safetensors')) && child.exitCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      const ranks = descendantsOf(child.pid!).filter(isRank)
      expect(ranks.length).toBeGreaterThanOrEqual(2)
      process.kill(Math.max(...ranks), 'SIGKILL')
      expect((await end).code).not.toBe(0)
      const { progress } = bytesOf(run)
      expect(progress.update).toBeGreaterThan(0)
      const { code, errors } = await ended(start(launcher, 1, ['train', '--resume', run, '--distributed', 'mpi']))
      expect(errors).toContain('goes on with 1 ranks instead of 2')
      expect(errors).toContain(`after update ${progress.update}`)
      expect(code).toBe(0)
      expect(bytesOf(run).progress.epoch).toBe(epochs)
    })

    test('a rank that is killed at any of ten moments ends the job within a minute, and loses no checkpoint', async () => {
      const run = join(folder, `${launcher}-moments`)
      const epochs = 60
      const all = [...small, '--batch', '20', '--epochs', String(epochs), '--checkpoint-every', '1']
      const begin = [...all, '--out', folder, '--name', `${launcher}-moments`]
      const last = join(run, 'checkpoints', 'last.safetensors')
      const isBegun = () => existsSync(join(run, 'config.json'))
      const goOn = () => start(launcher, 2, isBegun() ? ['train', '--resume', run] : begin)
      let update = 0
      for (let k = 0; k < 10; k++) {
        const child = goOn()
        const end = ended(child)
        if (k === 0) {
          // Begun, and no checkpoint yet.
          while (!isBegun() && child.exitCode === null) await pause(5)
        } else {
          while (descendantsOf(child.pid!).filter(isRank).length < 2 && child.exitCode === null) await pause(20)
          // From before MPI has started to the middle of an epoch.
          await pause(4000 * Math.random())
        }
        const ranks = descendantsOf(child.pid!).filter(isRank)
        if (ranks.length > 0) process.kill(ranks[Math.floor(Math.random() * ranks.length)], 'SIGKILL')
        const killed = performance.now()
        await end
        expect(performance.now() - killed).toBeLessThan(60_000)
        if (!existsSync(last)) continue
        const { progress } = bytesOf(run)
        expect(progress.update).toBeGreaterThanOrEqual(update)
        update = progress.update
      }
      const { code, errors } = await ended(goOn())
      expect(errors.slice(-1000)).toContain('epoch')
      expect(code).toBe(0)
      expect(bytesOf(run).progress.epoch).toBe(epochs)
    })

    test('an error on all ranks ends the job with its message', async () => {
      const { code, errors } = await ended(start(launcher, 2, [...small, '--out', folder, '--batch', '2']))
      expect(code).not.toBe(0)
      expect(errors).toContain('a batch of 2 is too small for 2 ranks')
    })
  })
})

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
