import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const main = join(root, 'dist/cli/main.js')
const testImages = join(root, 'data/fashion-mnist/test-images-1.idx.gz')
let folder: string

beforeAll(async () => {
  expect(existsSync(main), 'dist/cli/main.js: run `npm run build` first').toBe(true)
  folder = await mkdtemp(join(tmpdir(), 'spikelet-cli-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

interface Ended {
  code: number | null
  output: string
  errors: string
}

/** Runs the built command line; `whileRunning` sees the process and what it has said so far. */
function spikelet(words: string[], whileRunning?: (child: ChildProcess, errors: string) => void): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...words], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } })
  let output = ''
  let errors = ''
  child.stdout.on('data', (text) => (output += text))
  child.stderr.on('data', (text) => {
    errors += text
    whileRunning?.(child, errors)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output, errors }))
  })
}

const quick = ['fashion-mnist', '--limit', '300', '--T', '2', '--threads', '1']
const small = [...quick, '--neuron', 'lif', '--epochs', '1']

describe('train', () => {
  let trained: Ended

  beforeAll(async () => {
    trained = await spikelet(['train', ...small, '--name', 'one'])
  })

  it('trains, says how it went, and leaves a run', async () => {
    expect(trained.errors).toContain('of these 300 training and 300 test images')
    expect(trained.errors).toContain('epoch 1/1')
    expect(trained.output).toMatch(/test accuracy +\d+\.\d\d %/)
    expect(trained.code).toBe(0)
    const report = await readFile(join(folder, 'runs/one/report.html'), 'utf8')
    expect(report).toContain('npx spikelet train fashion-mnist --neuron lif --T 2 --epochs 1 --limit 300')
  })

  it('explains its kernels, and takes those of another run', async () => {
    const { code, output, errors } = await spikelet([
      ...['train', ...small, '--name', 'explained'],
      ...['--explain-kernels', '--kernels', 'runs/one/kernels.json'],
    ])
    expect(code, errors).toBe(0)
    expect(output).toMatch(/5x5, stride 2x2, padding 1x1: \d+x\d+x16 to 64 +forward +(events|dense)/)
    const kernels = async (run: string) => JSON.parse(await readFile(join(folder, `runs/${run}/kernels.json`), 'utf8'))
    expect(await kernels('explained')).toEqual(await kernels('one'))
  })

  it('is evaluated to the accuracy that training printed', async () => {
    const checkpoint = 'runs/one/checkpoints/best.safetensors'
    const { code, output, errors } = await spikelet(['evaluate', checkpoint, '--limit', '300', '--threads', '1'])
    expect(code, errors).toBe(0)
    const [, accuracy] = /test accuracy +(\d+\.\d\d %)/.exec(trained.output) as RegExpExecArray
    expect(output).toContain(`accuracy  ${accuracy} of 300 images`)
    expect(output).toMatch(/ankle boot +\d/)
  })

  it('predicts as many images as asked for, the likeliest class first', async () => {
    const words = ['predict', 'runs/one/checkpoints/last.safetensors', testImages, '--limit', '3', '--top', '2']
    const { code, output, errors } = await spikelet([...words, '--threads', '1'])
    expect(code, errors).toBe(0)
    const lines = output.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    for (const [i, line] of lines.entries()) {
      const [number, first, second, ...rest] = line.split('\t')
      const shares = [first, second].map((text) => Number(/([\d.]+) %$/.exec(text)?.[1]))
      expect([number, rest]).toEqual([String(i), []])
      expect(shares[0]).toBeGreaterThanOrEqual(shares[1])
    }
  })

  it('does not overwrite a run', async () => {
    const { code, errors } = await spikelet(['train', ...small, '--name', 'one'])
    expect(errors).toContain('there is a run in this folder already')
    expect(code).toBe(2)
  })
})

describe('Ctrl-C', () => {
  it('saves and says how to go on, and the run then ends as one that was never stopped', async () => {
    const options = ['train', ...quick, '--neuron', 'lif', '--epochs', '2']
    const whole = await spikelet([...options, '--name', 'whole'])
    expect(whole.code, whole.errors).toBe(0)
    let asked = false
    const stopped = await spikelet([...options, '--name', 'stopped'], (child, errors) => {
      if (asked || !errors.includes('memory: about')) return
      asked = true
      setTimeout(() => child.kill('SIGINT'), 200) // into the first epoch, where the machine is quick
    })
    expect(stopped.errors).toContain('npx spikelet train --resume runs/stopped')
    expect([stopped.code, stopped.output]).toEqual([130, ''])
    expect(existsSync(join(folder, 'runs/stopped/report.html'))).toBe(false)
    const resumed = await spikelet(['train', '--resume', 'runs/stopped'])
    expect(resumed.code, resumed.errors).toBe(0)
    expect(resumed.errors).toContain('resumed at epoch')
    const results = (text: string) => text.split('\n').filter((line) => /accuracy|epoch|firing/.test(line))
    expect(results(resumed.output)).toEqual(results(whole.output))
    const last = (name: string) => readFile(join(folder, `runs/${name}/checkpoints/best.safetensors`))
    expect(Buffer.compare(tensorsOf(await last('stopped')), tensorsOf(await last('whole')))).toBe(0)
  })

  it('a run that goes on refuses other options', async () => {
    const { code, errors } = await spikelet(['train', '--resume', 'runs/one', '--T', '3'])
    expect(errors).toContain('a run that goes on cannot have another --T\n  expected 2\n  got      3')
    expect(code).toBe(2)
  })
})

/** The tensors' bytes of a safetensors file, without its head (which holds times). */
function tensorsOf(bytes: Uint8Array): Uint8Array {
  const head = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  return bytes.subarray(8 + head)
}

it('compares neurons, and goes on with what is there', async () => {
  await writeFile(
    join(folder, 'mine.json'),
    JSON.stringify({ name: 'mine', equations: ['u = 0.5 * u + x', 's = spike(u - 1)', 'u = u - s'] }),
  )
  const words = ['compare', ...quick, '--epochs', '1', '--neurons', 'lif,./mine.json', '--seeds', '1', '--name', 'both']
  const first = await spikelet(words)
  expect(first.code, first.errors).toBe(0)
  expect(first.output).toMatch(/lif +\d+\.\d\d %.*\n\.\/mine\.json +\d+\.\d\d %/)
  expect(existsSync(join(folder, 'runs/both/report.html'))).toBe(true)
  const again = await spikelet(words)
  expect(again.output).toBe(first.output)
  expect(again.errors).not.toContain('epoch 1/1')
})

it('the demo shows both neurons', async () => {
  const { code, output, errors } = await spikelet(['demo', '--limit', '200', '--epochs', '1', '--name', 'demo'])
  expect(code, errors).toBe(0)
  expect(output).toMatch(/^lif +\d+\.\d %.*\nclif +\d+\.\d %/m)
  expect(await readFile(join(folder, 'runs/demo/report.html'), 'utf8')).toContain('clif')
})

describe('what cannot be followed', () => {
  it.each([
    [['train', 'fashon-mnist'], "Did you mean 'fashion-mnist'?"],
    [['train', 'fashion-mnist', '--model', 'resnet81'], "Did you mean 'resnet18'?"],
    [['train', 'fashion-mnist', '--neuron', 'cilf'], "Did you mean 'clif'?"],
    [['train', 'fashion-mnist', '--neuron-options', '{"tua":3}'], "did you mean 'tau'?"],
    [['train', 'fashion-mnist', '--protocol', 'clif-204'], "Did you mean 'clif-2024'?"],
    [['train', 'fashion-mnist', '--protocol', 'paper'], "'paper' is called 'clif-2024' now"],
    [['train', 'cifar10'], '--data FOLDER'],
    [['train'], 'the data set is missing'],
    [['train', '--resume', 'runs/none'], 'there is no run in this folder to resume'],
    [['evaluate', 'none.safetensors'], 'cannot read this file'],
    [['compare', 'fashion-mnist', '--neurons', 'lif,clip'], "Did you mean 'clif'?"],
    [['neuron', 'missing.json'], 'missing.json'],
  ])('%j: exit code 2, and a word of help', async (words, message) => {
    const { code, output, errors } = await spikelet(words)
    expect(errors).toContain(message)
    expect(errors).not.toMatch(/\n {4}at /)
    expect([code, output]).toEqual([2, ''])
  })

  it('a file that is no checkpoint: exit code 1', async () => {
    await writeFile(join(folder, 'no.safetensors'), 'not a checkpoint at all')
    const { code, errors } = await spikelet(['evaluate', 'no.safetensors'])
    expect(errors).toContain('no.safetensors')
    expect(errors).not.toMatch(/\n {4}at /)
    expect(code).toBe(1)
  })
})

it('a closed pipe is no error', async () => {
  const child = spawn(process.execPath, [main, 'neuron', 'clif'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  let errors = ''
  child.stderr.on('data', (text) => (errors += text))
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect([code, errors]).toEqual([0, ''])
})

const ears = join(root, '../shared/trials')

it.skipIf(!existsSync(join(ears, 'shd_train.h5')))('a recurrent network learns the part of SHD', async () => {
  const words = [
    'train',
    'shd',
    '--data',
    ears,
    '--model',
    'recurrent',
    '--neuron',
    'lif',
    '--T',
    '20',
    '--epochs',
    '20',
  ]
  const learning = ['--batch', '16', '--lr', '0.001', '--optimiser', 'adamW', '--validation', '0', '--name', 'ears']
  const { code, errors } = await spikelet([...words, ...learning, '--cache', join(folder, 'cache')])
  expect(code, errors).toBe(0)
  const [, accuracy] = /epoch 20\/20: loss [\d.]+, accuracy ([\d.]+) %/.exec(errors) as RegExpExecArray
  expect(Number(accuracy)).toBeGreaterThan(90)
})

describe('a run that nobody watches any more', () => {
  const lasting = ['train', ...quick, '--neuron', 'lif', '--epochs', '2']

  it('goes on to its end when its pipe is closed, and is saved', async () => {
    const child = spawn(process.execPath, [main, ...lasting, '--name', 'pipe'], { cwd: folder })
    child.stderr.once('data', () => {
      child.stderr.destroy()
      child.stdout.destroy()
    })
    const code = await new Promise((resolve) => child.on('exit', resolve))
    expect([code, existsSync(join(folder, 'runs/pipe/summary.json'))]).toEqual([0, true])
  })

  it('saves at a hang-up', async () => {
    let asked = false
    const { code, errors } = await spikelet([...lasting, '--name', 'hung-up'], (child, text) => {
      if (asked || !text.includes('memory: about')) return
      asked = true
      setTimeout(() => child.kill('SIGHUP'), 100)
    })
    expect(errors).toContain('npx spikelet train --resume runs/hung-up')
    expect(code).toBe(129)
  })

  it.skipIf(!existsSync('/dev/full'))(
    'ends saved, with a code that tells of it, where its words find no room',
    async () => {
      const words = [main, ...lasting, '--name', 'full'].map((word) => `'${word}'`).join(' ')
      const shell = spawn('sh', ['-c', `'${process.execPath}' ${words} 2> /dev/full`], { cwd: folder })
      let output = ''
      shell.stdout.on('data', (text) => (output += text))
      const code = await new Promise((resolve) => shell.on('close', resolve))
      expect([code, existsSync(join(folder, 'runs/full/summary.json'))]).toEqual([1, true])
      expect(output).toContain('not all could be written to standard error')
    },
  )
})
