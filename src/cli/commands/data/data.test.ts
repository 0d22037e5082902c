import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testSurroundings } from '../../../../test/cli/surroundings.ts'
import { startServer } from '../../../../test/downloads/server.ts'
import { sample } from '../../../../test/formats/samples.ts'
import { EventList, writeAedat2, writeEventBin, writeEventNpz, writeIdx } from '../../../formats/index.ts'
import { runCommandLine } from '../../command-line.ts'
import { commands } from '../index.ts'

let folder: string

async function data(...words: string[]) {
  const { surroundings, output, errors } = testSurroundings()
  const code = await runCommandLine(['data', ...words], commands, surroundings)
  return { code, output: output(), errors: errors() }
}

const events = (count: number) => {
  const list = new EventList()
  for (let i = 0; i < count; i++) list.push(10_000 * i, i % 34, (3 * i) % 34, i & 1)
  return list.events({ width: 34, height: 34 })
}

const at = (...parts: string[]) => join(folder, ...parts)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-data-'))
  for (const [side, count] of [
    ['Train', 3],
    ['Test', 1],
  ] as const) {
    await mkdir(at('n-mnist', side, '7'), { recursive: true })
    for (let n = 0; n < count; n++) await writeFile(at('n-mnist', side, '7', `${n}.bin`), writeEventBin(events(40 + n)))
  }
  await writeFile(at('a.npz'), writeEventNpz(events(9)))
  await writeFile(at('a.aedat'), writeAedat2(events(7), 'dvs128'))
  await writeFile(at('a.idx'), writeIdx([2, 3], new Uint8Array(6)))
  await writeFile(at('a.jpg'), sample('grey.jpg').bytes)
  await writeFile(at('a.mat'), 'MATLAB 7.3 MAT-file')
  await writeFile(at('cut.bin'), new Uint8Array(7))
})

afterAll(() => rm(folder, { recursive: true }))

describe('data', () => {
  it('lists every data set, for people and as JSON', async () => {
    expect((await data('list')).output).toMatch(/n-mnist +events +data get n-mnist/)
    expect(JSON.parse((await data('list', '--json')).output)).toHaveLength(14)
  })

  it('asks for an action, and knows the nearest', async () => {
    expect(await data('insepct')).toMatchObject({ code: 2, errors: expect.stringContaining("Did you mean 'inspect'?") })
    expect((await data()).code).toBe(2)
    for (const action of ['get', 'verify', 'inspect', 'preview', 'convert'])
      expect((await data(action)).code, action).toBe(2)
  })
})

describe('data inspect', () => {
  it.each([
    ['a.npz', { format: 'NPZ', kind: 'events', events: { events: 9, brighter: 4, durationUs: 80_000 } }],
    ['a.aedat', { format: 'AEDAT 2', events: { events: 7, width: 128 } }],
    ['a.idx', { format: 'IDX', shape: [2, 3] }],
    ['a.jpg', { format: 'JPEG', shape: [13, 18, 1] }],
  ])('%s', async (name, expected) => {
    const { code, output } = await data('inspect', at(name), '--json')
    expect([code, JSON.parse(output)]).toMatchObject([0, expected])
    expect((await data('inspect', at(name))).output).toContain(expected.format)
  })

  it('counts the recordings of a folder', async () => {
    const { code, output } = await data('inspect', at('n-mnist'), '--json')
    expect(code).toBe(0)
    expect(JSON.parse(output)).toMatchObject({
      dataset: 'n-mnist',
      train: { records: 3, classes: { 7: 3 }, recordings: { events: 123, eventsEach: [40, 41, 42] } },
      test: { records: 1 },
    })
    expect((await data('inspect', at('n-mnist'))).output).toMatch(/training +3 records, 34 x 34/)
  })

  it('takes the files of any other folder one by one, and fails where some cannot be read', async () => {
    const { code, output, errors } = await data('inspect', folder)
    expect([code, output.includes('AEDAT 2'), errors.includes('cut.bin, byte 5')]).toEqual([1, true, true])
    expect(errors).toContain('4 files were read, 2 were not')
  })

  it('refuses what is not read, and what is not there', async () => {
    expect(await data('inspect', at('a.mat'))).toMatchObject({ code: 1, errors: expect.stringContaining('CSV') })
    expect((await data('inspect', at('nothing'))).code).toBe(2)
  })
})

describe('data preview', () => {
  it('writes one page of recordings with labels, films and rates', async () => {
    const page = at('page.html')
    const { code, output } = await data('preview', 'n-mnist', '--data', at('n-mnist'), '--out', page)
    expect([code, output]).toEqual([0, `${page}: 3 samples\n`])
    const html = await readFile(page, 'utf8')
    expect(html.match(/data:image\/png;base64,/g)).toHaveLength(3)
    expect(html).toMatch(/<figcaption>7, 0\.39 s<\/figcaption>[\s\S]*Events a second[\s\S]*<svg/)
    expect(html).not.toMatch(/<script|https?:(?!\/\/www\.w3\.org)/)
  })

  it('shows images, and a single recording', async () => {
    const page = at('page.html')
    expect((await data('preview', 'fashion-mnist', '--out', page, '--count', '12')).code).toBe(0)
    expect((await readFile(page, 'utf8')).match(/<img/g)).toHaveLength(12)
    expect((await data('preview', at('a.npz'), '--out', page)).output).toBe(`${page}: 1 sample\n`)
    expect((await data('preview', folder, '--out', page)).code).toBe(2)
  })
})

describe('data get and verify', () => {
  it('downloads from the address that is given, and verifies', async () => {
    const images = writeIdx([1, 28, 28], new Uint8Array(784))
    const server = await startServer({ 'train-images-idx3-ubyte.gz': { bytes: gzipSync(images) } })
    try {
      const { code, errors } = await data('get', 'mnist', '--data', at('mnist'), '--from', server.address(''))
      // The bytes are not those that were published.
      expect([code, errors.includes('wrong md5')]).toEqual([1, true])
    } finally {
      await server.close()
    }
  })

  it('tells what to do by hand', async () => {
    const { code, errors } = await data('get', 'dvs-gesture', '--data', at('gesture'))
    expect([code, errors.includes('trials_to_train.txt'), errors.includes('data verify dvs-gesture')]).toEqual([
      2,
      true,
      true,
    ])
  })

  it('verifies by reading where nothing was published', async () => {
    const { code, output } = await data('verify', 'n-mnist', '--data', at('n-mnist'))
    expect([code, output.includes('3 training and 1 test records can be read')]).toEqual([0, true])
    expect((await data('verify', 'n-mnist', '--data', at('none'))).code).toBe(2)
  })
})

describe('an event folder without --sensor', () => {
  beforeAll(async () => {
    for (const name of ['left', 'right']) {
      await mkdir(at('own', name), { recursive: true })
      for (let n = 0; n < 10; n++) await writeFile(at('own', name, `${n}.npz`), writeEventNpz(events(20 + n)))
    }
  })

  it('is looked at as it is, and the option is named where the size is needed', async () => {
    const inspected = await data('inspect', at('own'))
    expect([inspected.code, inspected.output]).toEqual([
      0,
      expect.stringMatching(/18 records, 34 x 29[\s\S]*29x34 pixels/),
    ])
    expect((await data('preview', 'event-folder', '--data', at('own'), '--out', at('page.html'))).code).toBe(0)
    expect((await data('verify', 'event-folder', '--data', at('own'))).code).toBe(0)
    const convert = ['convert', 'event-folder', '--data', at('own'), '--cache', at('cache')]
    expect(await data(...convert)).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/at least 29x34[\s\S]*--sensor/),
    })
    const known = [...convert, '--sensor', '34x34']
    expect(await data(...known)).toMatchObject({ code: 0, errors: expect.not.stringContaining('come from the cache') })
    expect((await data(...known)).errors).toContain(`18 recordings come from the cache ${at('cache')}`)
  })
})

describe('data convert', () => {
  it('keeps frames in the cache', async () => {
    const words = [
      'convert',
      'n-mnist',
      '--data',
      at('n-mnist'),
      '--T',
      '4',
      '--cache',
      at('cache'),
      '--frames',
      'time',
    ]
    expect(await data(...words)).toMatchObject({
      code: 0,
      output: expect.stringContaining('3 + 1 recordings are frames'),
    })
    expect((await data('convert', 'cifar10')).code).toBe(2)
  })
})
