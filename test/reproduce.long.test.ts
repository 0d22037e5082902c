import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

describe.skipIf(!existsSync(main))('reproduce (needs the build)', () => {
  let folder: string
  let words: string[]
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spikelet-reproduce-'))
    const mine = join(folder, 'mine.json')
    const equations = ['u = 0.5 * u + x', 's = spike(u - 1 - 0.2 * a)', 'a = 0.9 * a + s', 'u = u - s']
    await writeFile(mine, JSON.stringify({ name: 'mine', equations }))
    const broken = join(folder, 'broken')
    await mkdir(broken)
    for (const name of ['train.bin', 'test.bin']) await writeFile(join(broken, name), 'these are no images')
    const data = `cifar100=${broken}`
    words = [
      'reproduce',
      'fig4',
      '--neuron',
      mine,
      '--data',
      data,
      '--jobs',
      '2',
      '--out',
      join(folder, 'out'),
      '--json',
    ]
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  function start() {
    const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    const seen = { output: '', errors: '' }
    child.stdout.on('data', (text) => (seen.output += text))
    child.stderr.on('data', (text) => (seen.errors += text))
    return { child, seen, ended: ended(child) }
  }

  test('killed in the middle, it goes on without running again what is finished', async () => {
    const first = start()
    const finished = () => [...first.seen.errors.matchAll(/^finished (\S+)/gm)].map(([, key]) => key)
    const runs = join(folder, 'out', 'runs')
    await until(() => isOver(first.child) || finished().length >= 2)
    // Not between two runs: one must be at work.
    let processes: readonly number[] = []
    await until(async () => isOver(first.child) || (processes = await lockHolders(runs)).length > 0)
    expect(isOver(first.child), 'over before a run was seen at work').toBe(false)
    first.child.kill('SIGKILL')
    await first.ended
    const before = finished()
    const written = await Promise.all(before.map((key) => writtenAt(runs, key)))
    await until(() => !processes.some(isAlive))
    const done = (await readdir(runs)).filter((key) => existsSync(join(runs, key, 'summary.json'))).length

    const second = start()
    const code = await second.ended
    for (const key of before) expect(second.seen.errors).not.toContain(`finished ${key}`)
    expect(await Promise.all(before.map((key) => writtenAt(runs, key)))).toEqual(written)
    for (const key of await readdir(runs)) {
      const lines = await readFile(join(runs, key, 'epochs.jsonl'), 'utf8').catch(() => '')
      const epochs = lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).epoch]))
      expect(epochs, key).toEqual(key.startsWith('cifar100') ? [] : [1, 2, 3, 4])
    }

    // What is finished needs neither probe nor run. Seven neurons on photographs of clothes, in place of CIFAR-10; those of the broken data set failed alone.
    expect(code).toBe(1)
    expect(second.seen.errors).toContain(`14 runs, ${done} of them finished already`)
    const [{ rows, failures, replaced }] = JSON.parse(second.seen.output).experiments
    expect(failures).toHaveLength(7)
    const trained = rows.filter((row: { runs: number }) => row.runs === 1)
    expect(trained.map(({ neuron }: { neuron: string }) => neuron)).toEqual([
      'LIF', 'PLIF', 'KLIF', 'GLIF', 'CLIF', 'mine', 'ANN',
    ]) // biome-ignore format: a line of names
    for (const row of trained) expect(row['accuracy, %']).toBeGreaterThan(10)
    expect(rows.filter((row: { remark: string }) => row.remark.startsWith('failed: '))).toHaveLength(7)
    expect(replaced).toContainEqual({ what: 'data set', paper: 'CIFAR-10', here: 'fashion-mnist' })
  })
})

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('close', resolve))
}

const isOver = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** Processes that are at work on runs, by the locks in the folders. */
async function lockHolders(runs: string): Promise<number[]> {
  const names = (await Promise.all((await readdir(runs)).map((key) => readdir(join(runs, key))))).flat()
  return names.flatMap((name) => /^lock-(?:[\da-f]*-){3}(\d+)-/.exec(name)?.[1] ?? []).map(Number)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function writtenAt(runs: string, key: string): Promise<number> {
  return (await stat(join(runs, key, 'summary.json'))).mtimeMs
}
