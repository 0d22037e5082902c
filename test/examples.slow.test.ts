import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const examples = fileURLToPath(new URL('../examples/', import.meta.url))
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-examples-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** What each program must have said. */
const says: { readonly [program: string]: RegExp } = {
  'figure.mjs': /^clif after 4 steps 4\.\d %$/m,
  'own-data-set.mjs': /^test accuracy (1|0\.9\d)/m,
  'own-layer.mjs': /but for [1-9]e-\d+\n[\s\S]*the same: true\nweights -?\d*\.[1-9]/,
  'own-neuron.mjs': /^tired {2}0 1 0 0 1 /m,
  'pytorch-weights.mjs': /^snn3 has the \d+ tensors of weights\.safetensors$/m,
  'stream.mjs': /^step 5 /m,
}

test('every example runs, fits one screen, and is listed', async () => {
  const programs = (await readdir(examples)).filter((name) => name.endsWith('.mjs'))
  expect(programs.sort()).toEqual(Object.keys(says))
  const list = await readFile(join(examples, 'README.md'), 'utf8')
  const ran = await Promise.all(programs.map((program) => outputOf(join(examples, program))))
  for (const [i, program] of programs.entries()) {
    expect(ran[i], program).toMatch(says[program])
    expect(list).toContain(`(${program})`)
    expect((await readFile(join(examples, program), 'utf8')).split('\n').length, program).toBeLessThan(45)
  }
})

function outputOf(program: string): Promise<string> {
  const child = spawn(process.execPath, [program], { cwd: folder })
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  child.stderr.on('data', (text) => {
    output += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit) => (exit === 0 ? resolve(output) : reject(new Error(`${program}\n${output}`))))
  })
}
