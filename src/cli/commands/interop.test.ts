import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testSurroundings } from '../../../test/cli/surroundings.ts'
import { readSafetensors, torchTensors, writeSafetensors } from '../../interop/index.ts'
import { modelNamed } from '../../models/index.ts'
import { lif } from '../../neurons/index.ts'
import { loadCheckpoint } from '../../train/index.ts'
import { runCommandLine } from '../command-line.ts'
import { commands } from './index.ts'

const samples = new URL('../../../test/formats/pytorch-samples.json', import.meta.url)

describe('import and export', () => {
  let folder: string
  const path = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spikelet-interop-'))
    const stored = JSON.parse(await readFile(samples, 'utf8'))
    for (const name of ['nested', 'wicked']) {
      await writeFile(path(`${name}.pth`), inflateSync(Buffer.from(stored[name].deflated, 'base64')))
    }
    const network = modelNamed('snn3')({ input: [34, 34, 2], classes: 10, neuron: lif({ reset: 'hard' }) })
    await writeFile(path('snn3.safetensors'), writeSafetensors(torchTensors(network, 'spikelet')))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function spikelet(...words: string[]) {
    const { surroundings, output, errors } = testSurroundings()
    const code = await runCommandLine(words, commands, surroundings)
    return { code, output: output(), errors: errors() }
  }

  it('lists the tensors of a PyTorch file, and writes them as safetensors', async () => {
    const { code, output } = await spikelet('import', path('nested.pth'), '--out', path('nested.safetensors'))
    expect([code, output.includes('1.running_var')]).toEqual([0, true])
    const { tensors, metadata } = readSafetensors(await readFile(path('nested.safetensors')))
    expect(tensors.get('0.weight')?.shape).toEqual([2, 3])
    expect(metadata).toEqual({ format: 'pt' })
    const found = await spikelet('data', 'inspect', path('nested.pth'))
    expect(found.output).toMatch(/PyTorch state dict[\s\S]*entry 'net'[\s\S]*optimizer, lr_scheduler/)
  })

  it('refuses a file that would call something, and calls nothing', async () => {
    const { code, errors } = await spikelet('import', path('wicked.pth'))
    expect([code, errors.includes('nothing was executed')]).toEqual([1, true])
    expect(existsSync('spikelet-was-here')).toBe(false)
  })

  it('makes a checkpoint of tensors, and a NIR graph of that', async () => {
    const given = ['--model', 'snn3', '--neuron', 'lif', '--neuron-options', '{"reset":"hard"}', '--T', '5']
    const set = ['--dataset', 'n-mnist', '--out', path('checkpoint.safetensors')]
    expect(await spikelet('import', path('snn3.safetensors'), ...given, ...set)).toMatchObject({ code: 0 })
    const { net, training } = loadCheckpoint(await readFile(path('checkpoint.safetensors')))
    expect([net.name, training.T]).toEqual(['snn3', 5])
    const graph = await spikelet('export', path('checkpoint.safetensors'), '--out', path('n.nir'), '--dt', '0.001')
    expect(graph.code).toBe(0)
    expect(graph.output.match(/faithful/g)?.length).toBe(5)
    expect(graph.output.match(/approximate.*BatchNorm is folded/g)?.length).toBe(3)
    expect((await readFile(path('n.nir'))).subarray(1, 4).toString()).toBe('HDF')
  })

  it('says where plain neurons are likely not those of the file', async () => {
    const given = ['import', path('snn3.safetensors'), '--model', 'snn3', '--input', '34x34x2', '--neuron', 'lif']
    expect((await spikelet(...given)).output).toContain('\'{"reset":"hard","decayInput":true}\'')
    const options = ['--neuron-options', '{"reset":{"hard":-0.1},"leak":-0.1}', '--out', path('leak.safetensors')]
    const { code, output } = await spikelet(...given, ...options)
    expect([code, output.includes('note:')]).toEqual([0, false])
    const { net } = loadCheckpoint(await readFile(path('leak.safetensors')))
    expect(net.neuron?.equations).toContain('-0.1 + (1 - 1/tau) * (u - (-0.1))')
  })

  it.each([
    [['export', 'checkpoint.safetensors', '--out', 'n.nir'], /length of a step is needed[\s\S]*got {6}none/],
    [['export', 'checkpoint.safetensors', '--out', 'n.txt'], /no known ending/],
    [['export', 'checkpoint.safetensors', '--out', 'n.safetensors', '--names', 'published'], /no model "snn3"/],
    [['import', 'snn3.safetensors', '--model', 'snn3'], /size of the frames is not known/],
    [['import', 'snn3.safetensors', '--model', 'snn3', '--input', '34x34x2', '--classes', '7'], /another shape/],
    [['evaluate', 'nested.pth'], /looks like a PyTorch file[\s\S]*spikelet import/],
    [['import', 'snn3.safetensors', '--model', 'snn3', '--neuron', 'plif', '--input', '34x34x2'], /are missing/],
  ])('refuses %j', async ([command, file, ...words], message) => {
    const inFolder = words.map((word) => (/^n\./.test(word) ? path(word) : word))
    const { code, errors } = await spikelet(command, path(file), ...inFolder)
    expect(code).not.toBe(0)
    expect(errors).toMatch(message)
  })
})
