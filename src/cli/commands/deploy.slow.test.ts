import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSurroundings } from '../../../test/cli/surroundings.ts'
import { zooCard } from '../../zoo/index.ts'
import { runCommandLine } from '../command-line.ts'
import { commands } from './index.ts'

describe('programs of a network that comes trained', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spikelet-deploy-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function spikelet(...words: string[]) {
    const { surroundings, output, errors } = testSurroundings()
    const code = await runCommandLine(words, commands, surroundings)
    return { code, output: output(), errors: errors() }
  }

  const tiny = 'zoo:fashion-mnist-tiny'

  test('evaluate repeats the accuracy of the card', async () => {
    const card = await zooCard('fashion-mnist-tiny')
    const { output } = await spikelet('evaluate', tiny, '--json', '--threads', '1')
    const { accuracy, images } = JSON.parse(output)
    expect([Math.round(accuracy * images), images]).toEqual([card.correct, card.samples])
  })

  test('C of int8 weights, with what that changes', async () => {
    const { code, output, errors } = await spikelet(
      ...[
        'export',
        tiny,
        '--out',
        join(folder, 'tiny-net.c'),
        '--weights',
        'int8',
        '--samples',
        '20',
        '--calibration',
        '2',
      ],
    )
    expect(errors).toBe('')
    expect(code).toBe(0)
    expect(output).toMatch(/float32 +\d+\.\d+ % +\d+/)
    expect(output).toMatch(/int8 +\d+\.\d+ % +\d+/)
    expect(output).toMatch(/RAM +[\d,]+ bytes/)
    expect(output).toMatch(/flash +[\d,]+ bytes of weights/)
    expect(await readFile(join(folder, 'tiny_net.c'), 'utf8')).toContain('static const int8_t weight0')
    expect(await readFile(join(folder, 'tiny_net_main.c'), 'utf8')).toContain('int main(void)')
  })

  test('trained on with int8 weights, it fires in C of int8 as it did in training', async () => {
    const data = ['fashion-mnist', '--limit', '200', '--epochs', '1', '--lr', '0.01', '--threads', '1']
    const from = ['--model', 'demo', '--from', tiny, '--quantise', 'int8', '--out', folder, '--name', 'rounded']
    const trained = await spikelet('train', ...data, ...from)
    expect(trained.errors).toContain('starts from zoo:fashion-mnist-tiny: 22 of 22')
    const checkpoint = join(folder, 'rounded', 'checkpoints', 'last.safetensors')
    const words = ['--to', 'c', '--out', join(folder, 'rounded.c'), '--weights', 'int8', '--samples', '20']
    const { output } = await spikelet('export', checkpoint, ...words)
    const [exact, rounded] = ['float32', 'int8'].map((type) => new RegExp(`^${type} +(.*)$`, 'm').exec(output)?.[1])
    expect(rounded).toBe(exact)
    expect(rounded).toMatch(/%/)
    const record = JSON.parse(await readFile(join(folder, 'rounded', 'config.json'), 'utf8'))
    expect([record.quantise, record.from]).toEqual(['int8', expect.stringMatching(/^SHA-256 [0-9a-f]{64}$/)])
  })

  test('a run goes on where the checkpoint that it began with is gone', async () => {
    const begun = join(folder, 'begun.safetensors')
    await copyFile(new URL('../../../data/zoo/fashion-mnist-tiny.safetensors', import.meta.url), begun)
    const data = ['fashion-mnist', '--limit', '100', '--epochs', '1', '--T', '2', '--threads', '1']
    await spikelet('train', ...data, '--model', 'demo', '--from', begun, '--out', folder, '--name', 'goes-on')
    const record = async () => JSON.parse(await readFile(join(folder, 'goes-on', 'config.json'), 'utf8'))
    const { from } = await record()
    await rm(begun)
    const { code } = await spikelet('train', '--resume', join(folder, 'goes-on'), '--epochs', '2')
    expect([code, (await record()).from]).toEqual([0, from])
  })

  test('another model keeps what fits, and says what does not; none at all is refused', async () => {
    const few = ['fashion-mnist', '--limit', '20', '--epochs', '1', '--T', '2', '--threads', '1', '--out', folder]
    const { errors } = await spikelet('train', ...few, '--model', 'demo', '--neuron', 'plif', '--from', tiny)
    expect(errors).toContain('anew: features.2.w [1] (not there)')
    const unknown = await spikelet('train', ...few, '--model', 'snn3', '--from', 'zoo:none')
    expect([unknown.code, unknown.errors]).toEqual([2, expect.stringContaining('fashion-mnist-tiny')])
    const dense = await spikelet('train', ...few, '--model', 'dense', '--hidden', '7', '--from', tiny)
    expect([dense.code, dense.errors]).toEqual([1, expect.stringMatching(/no weight of this checkpoint fits dense/)])
  })

  test('a module with its page', async () => {
    const { code } = await spikelet('export', tiny, '--to', 'wasm', '--out', join(folder, 'tiny.wasm'), '--demo')
    expect(code).toBe(0)
    const module = await readFile(join(folder, 'tiny.wasm'))
    expect(WebAssembly.Module.imports(new WebAssembly.Module(module))).toEqual([])
    const page = await readFile(join(folder, 'tiny.html'), 'utf8')
    expect(page).toContain(module.toString('base64'))
    expect(page).not.toMatch(/src=|href=|https?:/)
  })

  test('two ONNX models', async () => {
    const { output } = await spikelet('export', tiny, '--out', join(folder, 'tiny.onnx'))
    expect(output).toContain('tiny-sequence.onnx')
  })

  test.each([
    [['--to', 'c', '--out', 'net.wasm'], /--out FILE.c/],
    [['--to', 'wasm'], /--out FILE.wasm/],
    [['--out', 'net.c', '--demo'], /--to wasm/],
  ])('%j is refused', async (words, expected) => {
    const { code, errors } = await spikelet('export', tiny, ...words)
    expect(code).not.toBe(0)
    expect(errors).toMatch(expected)
  })

  test('the zoo lists its cards', async () => {
    expect((await spikelet('zoo')).output).toContain('n-mnist-snn3')
    expect((await spikelet('zoo', 'n-mnist-snn3')).output).toMatch(/accuracy +98\.00 %, 98 of 100/)
    expect((await spikelet('zoo', 'n-mnist-snn4')).errors).toContain('n-mnist-snn3')
  })
})
