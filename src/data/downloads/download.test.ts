import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { packTar } from 'modern-tar'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Behaviour, startServer } from '../../../test/downloads/server.ts'
import { recipes } from '../datasets/index.ts'
import { checkDiskSpace } from './disk.ts'
import { type DownloadOptions, download } from './download.ts'
import { getFiles, manifestName, verifyFiles, verifyKnown } from './get.ts'
import { unpackArchive } from './unpack.ts'

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31 + (i >> 8)) & 255)
const sha256 = (data: Uint8Array) =>
  ({ algorithm: 'sha256', value: createHash('sha256').update(data).digest('hex') }) as const
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-downloads-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Downloads from a server that behaves so; gives what it was asked for, and the lines that were logged. */
async function attempt(files: Record<string, Behaviour>, paths: string[], options: Partial<DownloadOptions> = {}) {
  const server = await startServer(files)
  const lines: string[] = []
  try {
    const path = join(folder, 'file')
    const urls = paths.map(server.address)
    await download({ urls, path, checksum: sha256(bytes), pauseMs: 1, log: (line) => lines.push(line), ...options })
    return { got: new Uint8Array(await readFile(path)), requests: server.requests, lines }
  } finally {
    await server.close()
  }
}

describe('download', () => {
  test('a whole file, with progress', async () => {
    const seen: (number | undefined)[] = []
    const { got } = await attempt({ a: { bytes } }, ['a'], { progress: (done, total) => seen.push(done, total) })
    expect(got).toEqual(bytes)
    expect(seen.slice(-2)).toEqual([100_000, 100_000])
    expect(await readdir(folder)).toEqual(['file'])
  })

  test('a connection that drops is taken up where it ended', async () => {
    const { got, requests } = await attempt({ a: { bytes, drops: 3, dropAfter: 20_000 } }, ['a'])
    expect(got).toEqual(bytes)
    expect(requests[0].range).toBe(undefined)
    expect(requests.length).toBe(4)
    expect(Number(/\d+/.exec(requests[3].range ?? '')?.[0])).toBeGreaterThan(20_000)
  })

  test('a source without parts is asked for the whole again', async () => {
    const { got } = await attempt({ a: { bytes, drops: 1, dropAfter: 500, noRanges: true } }, ['a'])
    expect(got).toEqual(bytes)
  })

  test('404, and wrong bytes, and then the right source', async () => {
    const wrong = bytes.slice()
    wrong[5] ^= 1
    const { got, lines } = await attempt({ bad: { bytes: wrong }, good: { bytes } }, ['none', 'bad', 'good'])
    expect(got).toEqual(bytes)
    expect(lines.join('\n')).toMatch(/bad: wrong sha256/)
  })

  test('what an earlier process left is used; if it is of another file, the source is asked for all of it', async () => {
    await writeFile(join(folder, 'file.part'), bytes.subarray(0, 60_000))
    const { requests } = await attempt({ a: { bytes } }, ['a'])
    expect(requests.map(({ range }) => range)).toEqual(['bytes=60000-'])
    await rm(join(folder, 'file'))
    await writeFile(join(folder, 'file.part'), new Uint8Array(60_000))
    expect((await attempt({ a: { bytes } }, ['a'])).got).toEqual(bytes)
    await rm(join(folder, 'file'))
    await writeFile(join(folder, 'file.part'), bytes)
    expect((await attempt({ a: { bytes } }, ['a'])).got).toEqual(bytes)
    await rm(join(folder, 'file'))
    await writeFile(join(folder, 'file.part'), new Uint8Array(200_000))
    expect((await attempt({ a: { bytes } }, ['a'])).got).toEqual(bytes)
  })

  test('a source that stalls is given up; the error tells what each did', async () => {
    const outcome = attempt(
      { slow: { bytes, stalls: true, dropAfter: 100 }, gone: { bytes, status: 410 } },
      ['slow', 'gone'],
      {
        stallMs: 60,
        tries: 2,
      },
    )
    await expect(outcome).rejects.toThrow(/no source gave this file[\s\S]*slow: no more bytes[\s\S]*gone: 410/)
    expect((await stat(join(folder, 'file.part'))).size).toBe(200)
  })

  test('a busy server is asked again', async () => {
    await expect(attempt({ a: { bytes, status: 503 } }, ['a'], { tries: 3 })).rejects.toThrow(/503/)
  })

  test('a disk with too little room is told before anything is written', async () => {
    await expect(checkDiskSpace(folder, 1e18)).rejects.toThrow(/too little room[\s\S]*1000000000.00 GB or more/)
    await checkDiskSpace(folder, 1)
  })

  test.each([
    ['a login page', { 'content-type': 'text/html' }, '<p>please log in', /a web page came/],
    ['a page without a type', {}, '\n<!DOCTYPE html><html></html>', /a web page came/],
    ['other bytes', {}, 'x'.repeat(200), /other bytes came/],
    ['nothing', {}, '', /an empty answer/],
  ])('%s in place of the file is no file, and leaves nothing behind', async (_, headers, body, why) => {
    const behaviour: Behaviour = { bytes, answer: (_, response) => response.writeHead(200, headers).end(body) }
    const options = { checksum: undefined, begins: [bytes[0], bytes[1]] } as unknown as Partial<DownloadOptions>
    await expect(attempt({ a: behaviour }, ['a'], options)).rejects.toThrow(why)
    expect(await readdir(folder)).toEqual([])
    expect((await attempt({ a: behaviour, b: { bytes } }, ['a', 'b'], options)).got).toEqual(bytes)
  })

  test.each([202, 203, 204, 206])('an answer %i to a question for all of it is no file', async (status) => {
    const behaviour: Behaviour = { bytes, answer: (_, response) => response.writeHead(status).end() }
    await expect(attempt({ a: behaviour }, ['a'])).rejects.toThrow(/no source gave/)
    expect(await readdir(folder)).toEqual([])
  })

  test('a part is whole only when as many bytes are there as the source says it has', async () => {
    await writeFile(join(folder, 'file.part'), bytes.subarray(0, 10))
    const behaviour: Behaviour = {
      bytes,
      answer(_, response) {
        response.writeHead(206, { 'content-range': 'bytes 10-19/100', 'content-length': 10 })
        response.end(bytes.subarray(10, 20))
      },
    }
    await expect(attempt({ a: behaviour }, ['a'], { tries: 1 })).rejects.toThrow(/20 of 100 bytes came/)
  })

  test('a source that never ends is given up at the limit, with or without a length, and leaves nothing', async () => {
    const endless: Behaviour = {
      bytes,
      answer(_, response) {
        response.writeHead(200)
        const more = () => {
          while (response.write(bytes));
          response.once('drain', more)
        }
        more()
      },
    }
    const claims: Behaviour = {
      bytes,
      answer: (_, response) => response.writeHead(200, { 'content-length': 1e15 }).write('x'),
    }
    await expect(attempt({ endless, claims }, ['endless', 'claims'], { limitBytes: 1e6 })).rejects.toThrow(
      /endless: more than 1\.0 MB[\s\S]*claims: more than 1\.0 MB/,
    )
    expect(await readdir(folder)).toEqual([])
  })

  test('a file that is there and right is not fetched', async () => {
    await writeFile(join(folder, 'file'), bytes)
    expect((await attempt({ a: { bytes } }, ['a'])).requests).toEqual([])
  })
})

describe('get and verify', () => {
  const zip = zipSync({ 'Train/0/1.bin': bytes.subarray(0, 10), 'Train/1/2.bin': bytes.subarray(10, 30) })
  const gz = gzipSync(bytes)

  test('files are unpacked, listed, found again, and compared', async () => {
    const tar = gzipSync(await packTar([{ header: { name: 'top/a.txt', size: 3, type: 'file' }, body: 'abc' }]))
    const server = await startServer({ zip: { bytes: zip }, gz: { bytes: gz }, tar: { bytes: tar } })
    try {
      const recipe = {
        licence: 'none',
        files: [
          { name: 'Train.zip', urls: [server.address('zip')], checksum: sha256(zip), unpack: 'zip' },
          { name: 'values.gz', urls: [server.address('gz')], unpack: 'gz' },
          { name: 'top.tar.gz', urls: [server.address('tar')], unpack: 'tar.gz', strip: 1 },
          { name: 'plain', urls: [server.address('gz')] },
        ],
      } as const
      expect(await getFiles(recipe, folder)).toEqual({ files: 4, present: 0 })
      expect((await readdir(folder)).sort()).toEqual([manifestName, 'Train', 'a.txt', 'plain', 'values'])
      expect(new Uint8Array(await readFile(join(folder, 'values')))).toEqual(bytes)
      expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('abc')
      expect((await verifyFiles(folder))?.files).toBe(5)
      const before = server.requests.length
      expect(await getFiles(recipe, folder)).toEqual({ files: 4, present: 4 })
      expect(server.requests.length).toBe(before)
      await writeFile(join(folder, 'Train/0/1.bin'), bytes.subarray(1, 11))
      await expect(verifyFiles(folder)).rejects.toThrow(/was changed[\s\S]*1\.bin/)
      await rm(join(folder, 'Train/0/1.bin'))
      await expect(verifyFiles(folder)).rejects.toThrow(/is missing[\s\S]*1\.bin/)
      expect(await getFiles(recipe, folder)).toEqual({ files: 4, present: 3 })
      expect((await verifyFiles(folder))?.files).toBe(5)
    } finally {
      await server.close()
    }
  })

  test('files that a person put there are compared with what was published', async () => {
    const recipe = { licence: 'none', files: [{ name: 'plain', urls: [], checksum: sha256(bytes) }] }
    expect(await verifyFiles(folder)).toBe(null)
    expect(await verifyKnown(recipe, folder)).toEqual([])
    await writeFile(join(folder, 'plain'), bytes)
    expect(await verifyKnown(recipe, folder)).toEqual(['plain'])
    await writeFile(join(folder, 'plain'), gz)
    await expect(verifyKnown(recipe, folder)).rejects.toThrow(/packed again[\s\S]*plain/)
    const [file] = recipe.files
    const told = { ...recipe, files: [{ ...file, contents: sha256(bytes).value }] }
    expect(await verifyKnown(told, folder)).toEqual(['plain (packed again, with the published contents)'])
    await writeFile(join(folder, 'plain'), gzipSync(bytes.subarray(1)))
    await expect(verifyKnown(told, folder)).rejects.toThrow(/another checksum[\s\S]*plain/)
  })

  const recipeOf = (address: string) => ({
    licence: 'none',
    files: [{ name: 'Train.zip', urls: [address], unpack: 'zip' as const, top: ['Train'] }],
  })

  test.each(['Train/mine.txt', 'Train'])(
    "a person's %s stays: get refuses before it fetches anything",
    async (mine) => {
      const server = await startServer({ zip: { bytes: zip } })
      try {
        await mkdir(dirname(join(folder, mine)), { recursive: true })
        await writeFile(join(folder, mine), 'mine')
        await expect(getFiles(recipeOf(server.address('zip')), folder)).rejects.toThrow(
          /of yours lies[\s\S]*Train[\s\S]*another folder/,
        )
        expect([await readFile(join(folder, mine), 'utf8'), server.requests]).toEqual(['mine', []])
      } finally {
        await server.close()
      }
    },
  )

  test('what a person adds later stays, also when files are fetched again or a move was interrupted', async () => {
    const server = await startServer({ zip: { bytes: zip } })
    try {
      const recipe = recipeOf(server.address('zip'))
      await getFiles(recipe, folder)
      await writeFile(join(folder, 'Train/mine.txt'), 'mine')
      await rm(join(folder, 'Train/0/1.bin'))
      await getFiles(recipe, folder)
      // As a call that was killed between two moves leaves it.
      await writeFile(join(folder, manifestName), JSON.stringify({ parts: {}, placing: { 'Train.zip': ['Train'] } }))
      await rm(join(folder, 'Train/1/2.bin'))
      await getFiles(recipe, folder)
      expect((await readdir(folder, { recursive: true })).sort()).toEqual(
        [manifestName, 'Train', 'Train/0', 'Train/0/1.bin', 'Train/1', 'Train/1/2.bin', 'Train/mine.txt'].sort(),
      )
      await writeFile(join(folder, 'Train/1/2.bin'), 'a change of mine')
      await expect(getFiles(recipe, folder)).rejects.toThrow(/of yours lies[\s\S]*2\.bin/)
      expect(await readFile(join(folder, 'Train/1/2.bin'), 'utf8')).toBe('a change of mine')
    } finally {
      await server.close()
    }
  })

  test.each(['.git/config', 'thesis/readme.txt', 'Train/.ssh/keys', manifestName])(
    'an archive with %s is refused whole, and fetched anew by the next call',
    async (name) => {
      const bad = zipSync({ 'Train/0/1.bin': bytes.subarray(0, 10), [name]: bytes.subarray(0, 5) })
      const files: Record<string, Behaviour> = { zip: { bytes: bad } }
      const server = await startServer(files)
      try {
        const recipe = recipeOf(server.address('zip'))
        await expect(getFiles(recipe, folder)).rejects.toThrow(/archive has a/)
        expect(await readdir(folder)).toEqual([])
        files.zip = { bytes: zip }
        expect(await getFiles(recipe, folder)).toEqual({ files: 1, present: 0 })
        expect((await readdir(folder)).sort()).toEqual([manifestName, 'Train'])
      } finally {
        await server.close()
      }
    },
  )

  test('an archive that a person put there is read, and stays', async () => {
    await writeFile(
      join(folder, 'Train.zip'),
      zipSync({ 'Train/a.bin': bytes, '__MACOSX/Train/._a.bin': bytes, 'Train/.DS_Store': bytes }),
    )
    await getFiles(recipeOf('http://127.0.0.1:1/'), folder)
    expect((await readdir(folder)).sort()).toEqual([manifestName, 'Train', 'Train.zip'])
    expect(await readdir(join(folder, 'Train'))).toEqual(['a.bin'])
  })

  test('recipes are well formed', () => {
    for (const [name, { files, byHand, licence }] of Object.entries(recipes)) {
      expect([name, files.length > 0 || byHand !== undefined, licence !== '']).toEqual([name, true, true])
      for (const { urls, checksum } of files) {
        for (const url of urls) expect(URL.canParse(url), url).toBe(true)
        if (checksum) expect(checksum.value).toMatch(/^[0-9a-f]{32}$|^[0-9a-f]{64}$/)
      }
    }
  })
})

describe('unpack', () => {
  const unpack = async (data: Uint8Array, kind: 'zip' | 'tar' | 'tar.gz' | 'gz', options = {}) => {
    await writeFile(join(folder, 'archive'), data)
    return unpackArchive(join(folder, 'archive'), kind, join(folder, 'within', 'target'), options)
  }
  const tarOf = (header: object, body?: string) =>
    packTar([{ header: { name: 'a', size: body?.length ?? 0, ...header }, ...(body ? { body } : {}) }] as never)

  test.each(['../out', '/tmp/out', 'a/../../out'])(
    'a member %s is refused, and nothing is written outside',
    async (name) => {
      await expect(unpack(zipSync({ [name]: bytes.subarray(0, 9) }), 'zip')).rejects.toThrow(
        /may not be written[\s\S]*archive, member/,
      )
      await expect(unpack(await tarOf({ name }, 'text'), 'tar')).rejects.toThrow(
        /may not be written[\s\S]*archive, member/,
      )
      expect((await readdir(folder)).sort()).toEqual(['archive', 'within'])
      expect(await readdir(join(folder, 'within'))).toEqual(['target'])
    },
  )

  test('links are refused', async () => {
    for (const type of ['symlink', 'link']) {
      await expect(unpack(await tarOf({ type, linkname: '/etc/passwd' }), 'tar')).rejects.toThrow(
        /neither file nor folder/,
      )
    }
  })

  test('bombs end at the limit', async () => {
    const zeros = new Uint8Array(4_000_000)
    await expect(unpack(gzipSync(zeros), 'gz', { limitBytes: 1_000_000 })).rejects.toThrow(/more than is allowed/)
    await expect(unpack(zipSync({ a: zeros }), 'zip', { limitBytes: 1_000_000 })).rejects.toThrow(
      /more than is allowed/,
    )
  })

  test('two members of one place are refused', async () => {
    const twice = await packTar([
      { header: { name: 'a', size: 1, type: 'file' }, body: 'x' },
      { header: { name: './a', size: 1, type: 'file' }, body: 'y' },
    ])
    await expect(unpack(twice, 'tar')).rejects.toThrow(/another member is there/)
  })

  test('a cut archive is refused', async () => {
    const tar = gzipSync(await tarOf({}, 'text'))
    await expect(unpack(tar.subarray(0, tar.length - 20), 'tar.gz')).rejects.toThrow(
      /truncated or damaged[\s\S]*archive/,
    )
  })
})
