import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const script = new URL('../../scripts/new-neuron.mjs', import.meta.url).href
const neurons = new URL('../../src/neurons/', import.meta.url)
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-neurons-'))
  await cp(neurons, folder, { recursive: true })
})

afterEach(() => rm(folder, { recursive: true }))

it('writes a neuron, its test, and its name in index and registry', async () => {
  const { newNeuron } = await import(script)
  const files = await newNeuron('ad-ex', folder)
  expect(await readFile(files.neuron, 'utf8')).toContain('export const adEx = publishedNeuron({')
  expect(await readFile(files.test, 'utf8')).toContain("import { adEx } from './ad-ex.ts'")
  expect(await readFile(join(folder, 'index.ts'), 'utf8')).toContain("export { adEx } from './ad-ex.ts'")
  const registry = await readFile(join(folder, 'registry.ts'), 'utf8')
  expect(registry).toContain("import { adEx } from './ad-ex.ts'")
  expect(registry).toMatch(/^ {2}adEx,$/m)
})

it('refuses a name that is taken, or is none', async () => {
  const { newNeuron } = await import(script)
  await expect(newNeuron('clif', folder)).rejects.toThrow('exists already')
  await expect(newNeuron('Not A Name', folder)).rejects.toThrow('lower case')
  await expect(newNeuron(undefined, folder)).rejects.toThrow('lower case')
})
