import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCheckpoint } from '../../src/train/index.ts'
import { Cluster, whyNoSlurm } from './cluster.ts'

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const cluster = new Cluster(2)
// A container may keep daemons from coming up: then nothing can be tried there, and that is told.
const reason =
  whyNoSlurm() ??
  (await cluster.start().then(
    () => null,
    ({ message }: Error) => message,
  ))
if (reason !== null) {
  console.log(`Slurm was not tried: ${reason}`)
  await cluster.close()
}

const runs = ['lif-T2-seed1', 'lif-T2-seed2', 'clif-T2-seed1', 'clif-T2-seed2']
const sweep = [
  ...['sweep', 'fashion-mnist', '--model', 'demo', '--neurons', 'lif,clif', '--seeds', '2', '--T', '2'],
  ...['--epochs', '1', '--limit', '600', '--validation', '0', '--threads', '1'],
]

describe.skipIf(reason !== null)('runs on Slurm', () => {
  let folder: string
  let here: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spikelet-on slurm-'))
    const local = await run([...sweep, '--out', folder, '--name', 'here', '--jobs', '2'])
    expect(local.code, local.errors).toBe(0)
    here = resultsOf('here')
  })

  afterAll(async () => {
    await cluster.close()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  const run = (words: readonly string[]): Promise<{ code: number; output: string; errors: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, ...cluster.environment }
      execFile(process.execPath, [command, ...words], { env }, (error, output, errors) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, output, errors })
      })
    })

  const start = (words: readonly string[]): ChildProcess =>
    spawn(process.execPath, [command, ...words], {
      env: { ...process.env, ...cluster.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })

  /** Every number of the trained networks, and how they were judged. */
  function resultsOf(name: string): string[] {
    return runs.map((one) => {
      const at = join(folder, name, one)
      const { net } = loadCheckpoint(readFileSync(join(at, 'checkpoints', 'last.safetensors')))
      const { final } = JSON.parse(readFileSync(join(at, 'summary.json'), 'utf8'))
      return JSON.stringify([net.parameters().map(({ path, values }) => [path, ...values]), final])
    })
  }

  const slurm = (name: string) => [...sweep, '--out', folder, '--name', name, '--on', 'slurm']

  test('four runs give the bits that they give here', async () => {
    const { code, output, errors } = await run(slurm('there'))
    expect(code, errors).toBe(0)
    expect(errors).toContain('submitted 4 runs to Slurm as job')
    expect(resultsOf('there')).toEqual(here)
    const table = (text: string) => text.split('\n').slice(0, 5)
    expect(table(output)).toHaveLength(5)
    expect(existsSync(join(folder, 'there', 'sweep.csv'))).toBe(true)
  })

  test('a controller that is gone for a while ends nothing', async () => {
    const child = start(slurm('gap'))
    const told = textOf(child)
    await until(() => told.errors.includes('submitted'))
    await until(() => readdirSync(join(folder, 'gap')).some((name) => runs.includes(name)))
    await cluster.stopController()
    await until(() => told.errors.includes('does not answer'))
    await cluster.startController()
    expect(await endOf(child), told.errors).toBe(0)
    expect(told.errors).toContain('answers again')
    expect(resultsOf('gap')).toEqual(here)
  })

  test('Ctrl-C leaves the job running; the same command follows it', async () => {
    const child = start(slurm('left'))
    const told = textOf(child)
    await until(() => told.errors.includes('submitted'))
    child.kill('SIGINT')
    expect(await endOf(child)).toBe(130)
    const job = /as job (\d+)/.exec(told.errors)?.[1]
    expect(told.errors).toContain(`scancel ${job}`)
    expect(cluster.ask('squeue', ['-h', '-j', job ?? '', '-o', '%T'])).toMatch(/PENDING|RUNNING/)
    const again = await run(slurm('left'))
    expect(again.code, again.errors).toBe(0)
    expect(again.errors).toContain(`job ${job} of Slurm is still at it: following it`)
    expect(resultsOf('left')).toEqual(here)
  })

  test('a task that is killed is told of, and the same command makes up for it', async () => {
    const child = start(slurm('killed'))
    const told = textOf(child)
    await until(() => told.errors.includes('submitted'))
    const job = /as job (\d+)/.exec(told.errors)?.[1]
    await until(() => /RUNNING/.test(cluster.ask('squeue', ['-h', '-j', `${job}_1`, '-o', '%T']) ?? ''))
    cluster.ask('scancel', ['--signal=KILL', '--full', `${job}_1`])
    expect(await endOf(child)).toBe(1)
    expect(told.errors).toContain('1 of 4 runs failed')
    expect(told.errors).toMatch(/lif-T2-seed2: its task ended without a word/)
    const again = await run(slurm('killed'))
    expect(again.code, again.errors).toBe(0)
    expect(resultsOf('killed')).toEqual(here)
  })
})

function textOf(child: ChildProcess): { output: string; errors: string } {
  const told = { output: '', errors: '' }
  child.stdout?.setEncoding('utf8').on('data', (part) => (told.output += part))
  child.stderr?.setEncoding('utf8').on('data', (part) => (told.errors += part))
  return told
}

async function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode
  return new Promise((resolve) => child.on('close', resolve))
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 100))
}
