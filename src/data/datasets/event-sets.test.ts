import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signLanguage } from '../../../scripts/fuzz/event-samples.mjs'
import { EventList, writeAedat2, writeEventBin, writeEventCsv } from '../../formats/index.ts'
import { integrate } from '../events/index.ts'
import type { Dataset } from './dataset.ts'
import { SensorSizeError } from './event-folder.ts'
import { byNumbers } from './folder-sets.ts'
import { diskFrameCache } from './frame-cache.ts'
import { frameDataset, frameDatasets } from './frame-dataset.ts'
import { membersHash } from './members-hash.ts'
import { openDataset, openRecordings } from './registry.ts'
import { readShard, writeShard } from './shard.ts'

let folder: string

/** A recording whose first event tells its number. */
function recording(number: number, size = 34) {
  const list = new EventList()
  for (let i = 0; i < 12; i++) list.push(1000 * i, (number + i) % size, i % size, (number + i) & 1)
  return list.events({ width: size, height: size })
}

async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), bytes)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-events-'))
  for (let n = 0; n < 6; n++) await put(`n-mnist/Train/${n % 3}/${n + 8}.bin`, writeEventBin(recording(n)))
  for (let n = 0; n < 3; n++) await put(`n-mnist/Test/${n}/${n}.bin`, writeEventBin(recording(20 + n)))
  const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']
  for (const name of classes) {
    for (let n = 0; n < 11; n++)
      await put(`dvs/${name}/cifar10_${name}_${n}.aedat`, writeAedat2(recording(n, 128), 'cifar10-dvs'))
  }
  for (const name of ['left', 'right']) {
    for (let n = 0; n < 10; n++) await put(`own/${name}/${n}.csv`, writeEventCsv(recording(n, 20)))
  }
  const packet = Buffer.alloc(28 + 8 * 5)
  packet.writeUInt16LE(1)
  for (const [at, value] of [
    [4, 8],
    [16, 5],
    [20, 5],
    [24, 5],
  ])
    packet.writeInt32LE(value, at)
  for (let e = 0; e < 5; e++) {
    packet.writeUInt32LE(((e << 17) | (e << 2) | 1) >>> 0, 28 + 8 * e)
    packet.writeInt32LE(100 * e, 32 + 8 * e)
  }
  await put('gesture/user01.aedat', Buffer.concat([Buffer.from('#!AER-DAT3.1\r\n#!END-HEADER\r\n'), packet]))
  await put('gesture/user01_labels.csv', 'class,startTime_usec,endTime_usec\n2,0,200\n11,200,401\n')
  await put('gesture/trials_to_train.txt', 'user01.aedat\n')
  await put('gesture/trials_to_test.txt', 'user01.aedat\n\n')
})

afterAll(() => rm(folder, { recursive: true }))

const frameOf = ({ shape, steps = 1, image }: Dataset, i: number) => {
  const values = new Float32Array(steps * shape[0] * shape[1] * shape[2])
  image(i, new Uint8Array(values.buffer))
  return values
}

/** What `put` writes below a folder, and the set that opens it. */
async function openedSet(name: string, files: { readonly [path: string]: Uint8Array }) {
  for (const [path, bytes] of Object.entries(files)) await put(`${name}/${path}`, bytes)
  return openRecordings(name, join(folder, name))
}

describe('splits', () => {
  test('n-caltech101: classes are the folders, the last tenth of each is for tests', async () => {
    const files: Record<string, Uint8Array> = {}
    for (const name of ['accordion', 'BACKGROUND_Google'])
      for (let n = 1; n <= 12; n++) files[`Caltech101/${name}/image_${n}.bin`] = writeEventBin(recording(n, 170))
    const { train, test: judged, notes } = await openedSet('n-caltech101', files)
    expect(train.classes).toEqual(['BACKGROUND_Google', 'accordion'])
    expect(judged.members.map(({ id }) => id)).toEqual([
      'Caltech101/BACKGROUND_Google/image_12.bin',
      'Caltech101/accordion/image_12.bin',
    ])
    expect([train.members.length, train.sensor]).toEqual([22, { width: 240, height: 180 }])
    expect(notes).toEqual(['a part: 2 of 101 classes, 24 recordings'])
    expect((await train.read(0)).x[0]).toBe(1)
  })

  test('asl-dvs: 24 letters, the last fifth of each is for tests', async () => {
    const files: Record<string, Uint8Array> = {}
    const events = [{ t: 10, x: 200, y: 100, p: 1 }]
    for (const name of 'abcdefghiklmnopqrstuvwxy')
      for (let n = 1; n <= 5; n++) files[`${name}/${name}_000${n}.mat`] = signLanguage(events)
    const { train, test: judged } = await openedSet('asl-dvs', files)
    expect([train.members.length, judged.members.length, judged.members[9].id]).toEqual([96, 24, 'k/k_0005.mat'])
    const { x, y, width } = await train.read(95)
    expect([x[0], y[0], width]).toEqual([200, 100, 240])
    await rm(join(folder, 'asl-dvs', 'q'), { recursive: true })
    await expect(openRecordings('asl-dvs', join(folder, 'asl-dvs'))).rejects.toThrow(/1 of 24[\s\S]*q\/\*\.mat/)
  })

  test('n-mnist: official, files by number', async () => {
    const { train, test: judged, split } = await openRecordings('n-mnist', join(folder, 'n-mnist'))
    expect(train.members.map(({ id }) => id)).toEqual([
      'Train/0/8.bin',
      'Train/0/11.bin',
      'Train/1/9.bin',
      'Train/1/12.bin',
      'Train/2/10.bin',
      'Train/2/13.bin',
    ])
    expect([judged.members.length, split]).toEqual([3, 'official'])
    expect(await train.read(1)).toEqual(recording(3))
  })

  test('dvs-cifar10: the last tenth of each class, by number, for tests', async () => {
    const { train, test: judged } = await openRecordings('dvs-cifar10', join(folder, 'dvs'))
    expect([train.members.length, judged.members.length]).toEqual([100, 10])
    expect(judged.members[0].id).toBe('airplane/cifar10_airplane_10.aedat')
    expect(await judged.read(0)).toEqual(recording(10, 128))
  })

  test('dvs-gesture: gestures cut out of their file by its labels', async () => {
    const { train } = await openRecordings('dvs-gesture', join(folder, 'gesture'))
    expect(train.members.map(({ id, label }) => [id, label])).toEqual([
      ['user01.aedat 0-200', 1],
      ['user01.aedat 200-401', 10],
    ])
    expect([[...(await train.read(0)).t], [...(await train.read(1)).t]]).toEqual([
      [0, 100],
      [200, 300, 400],
    ])
  })

  test('event-folder: every tenth for tests, or folders train and test', async () => {
    const sensor = { width: 20, height: 20 }
    const { train, test: judged, split } = await openRecordings('event-folder', join(folder, 'own'), { sensor })
    expect([train.members.length, judged.members.map(({ id }) => id)]).toEqual([18, ['left/9.csv', 'right/9.csv']])
    expect(split).toContain('every tenth')
    const two = await openRecordings('event-folder', join(folder, 'n-mnist'), { sensor: { width: 34, height: 34 } })
    expect([two.train.members.length, two.test.members.length, two.split]).toEqual([6, 3, 'folders Train and Test'])
  })

  test('event-folder: asks for a sensor that no file tells, with the least size; takes the one that files tell', async () => {
    const asked = await openRecordings('event-folder', join(folder, 'own')).catch((error) => error)
    expect(asked).toBeInstanceOf(SensorSizeError)
    expect([asked.least, asked.message]).toEqual([
      { width: 20, height: 12 },
      expect.stringMatching(/own[\s\S]*at least 20x12[\s\S]*`sensor`/),
    ])
    const measured = await openRecordings('event-folder', join(folder, 'own'), { sensor: 'measured' })
    expect([measured.train.sensor, measured.notes.join()]).toEqual([asked.least, expect.stringContaining('20x12')])
    const told = await openRecordings('event-folder', join(folder, 'dvs'), { layout: 'cifar10-dvs' })
    expect(told.train.sensor).toEqual({ width: 128, height: 128 })
  })

  test('event-folder: recordings below val are put aside, also of a part', async () => {
    for (const side of ['train', 'val', 'test']) {
      for (const name of ['a', 'b']) {
        for (let n = 0; n < 3; n++) await put(`sides/${side}/${name}/${n}.csv`, writeEventCsv(recording(n, 20)))
      }
    }
    const options = { sensor: { width: 20, height: 20 }, frames: { T: 2 } }
    const all = await openDataset('event-folder', join(folder, 'sides'), options)
    expect([all.train.length, all.test.length, [...(all.validation ?? [])]]).toEqual([12, 6, [6, 7, 8, 9, 10, 11]])
    const some = await openDataset('event-folder', join(folder, 'sides'), { ...options, limit: 2 })
    expect([some.train.length, some.test.length, [...(some.validation ?? [])]]).toEqual([4, 2, [2, 3]])
    expect([0, 1, 2, 3].map((i) => some.train.label(i))).toEqual([0, 1, 0, 1])
  })

  test('missing files are named, with a place to get them', async () => {
    for (const [name, missing] of [
      ['n-mnist', 'Train/<digit>'],
      ['dvs-cifar10', 'airplane'],
      ['dvs-gesture', 'trials_to_train'],
      ['shd', 'shd_train.h5'],
    ]) {
      await expect(openRecordings(name, join(folder, 'nowhere'))).rejects.toThrow(
        new RegExp(`${missing}[\\s\\S]*https`),
      )
    }
  })
})

describe('frames', () => {
  test('equal what integrate gives, packed or not; hashes tell members', async () => {
    const sets = await openRecordings('n-mnist', join(folder, 'n-mnist'))
    const { train, test: judged } = await frameDatasets(sets, { T: 5, by: 'time' })
    expect(train.steps).toBe(5)
    for (let i = 0; i < train.length; i++) {
      expect(frameOf(train, i)).toEqual(integrate(await sets.train.read(i), { T: 5, by: 'time' }).values)
    }
    expect(membersHash(train)).not.toBe(membersHash(judged))
    expect(membersHash(train)).toMatch(/^[0-9a-f]{16}$/)
  })

  test('the cache: found again, made again where damaged, another one for other options', async () => {
    const { train } = await openRecordings('n-mnist', join(folder, 'n-mnist'))
    const place = join(folder, 'cache')
    const cache = diskFrameCache(place)
    const read: number[] = []
    const watched = {
      ...train,
      read: (i: number) => {
        read.push(i)
        return train.read(i)
      },
    }
    const first = await frameDataset(watched, { T: 3 }, { cache })
    expect(read).toEqual([0, 1, 2, 3, 4, 5])
    const again = await frameDataset(watched, { T: 3 }, { cache })
    expect([read.length, frameOf(again, 4)]).toEqual([6, frameOf(first, 4)])
    // Beside the frames, the cache may remember which files are at rest.
    const keys = async () => (await readdir(place)).filter((name) => name !== 'unchanged')
    const [key] = await keys()
    const file = join(place, key, '00000.frames')
    const bytes = await readFile(file)
    bytes[bytes.length - 3] ^= 1
    await writeFile(file, bytes)
    expect(frameOf(await frameDataset(watched, { T: 3 }, { cache }), 4)).toEqual(frameOf(first, 4))
    await writeFile(file, bytes.subarray(0, 30))
    expect(frameOf(await frameDataset(watched, { T: 3 }, { cache }), 4)).toEqual(frameOf(first, 4))
    expect(read.length).toBe(18)
    await frameDataset(watched, { T: 3, values: 'binary' }, { cache })
    expect((await keys()).length).toBe(2)
  })

  test('are those of what recordings hold, not of their names, sizes and times', async () => {
    const cache = diskFrameCache(join(folder, 'shared-cache'))
    const found: number[] = []
    const opened = async () => {
      const sets = await openRecordings('event-folder', join(folder, 'same'), { sensor: { width: 20, height: 20 } })
      const { train } = await frameDatasets(sets, { T: 2 }, { cache, found: (recordings) => found.push(recordings) })
      return { members: membersHash(train), frames: frameOf(train, 0) }
    }
    const write = (first: number) =>
      Promise.all(
        Array.from({ length: 10 }, (_, n) => put(`same/a/${n}.csv`, writeEventCsv(recording(first + (n % 2), 20)))),
      )
    await write(1)
    const before = await opened()
    expect(found).toEqual([])
    expect([await opened(), found]).toEqual([before, [9, 1]])
    await write(3)
    const after = await opened()
    expect(after.members).not.toBe(before.members)
    expect(after.frames).toEqual(integrate(recording(3, 20), { T: 2 }).values)
    expect(found.length).toBe(2)
  })

  test('need T', async () => {
    await expect(openDataset('n-mnist', join(folder, 'n-mnist'))).rejects.toThrow(/cut into frames/)
  })
})

test('a shard counts only if it is whole, and the one asked for', () => {
  const samples = [Uint8Array.of(1, 2, 3), Uint8Array.of(4)]
  const name = { key: 'abc', first: 10, count: 2 }
  const bytes = writeShard(samples, name)
  expect(readShard(bytes, name)).toEqual(samples)
  for (let length = 0; length < bytes.length; length++) expect(readShard(bytes.slice(0, length), name)).toBe(undefined)
  for (const other of [
    { ...name, key: 'abd' },
    { ...name, first: 11 },
    { ...name, count: 1 },
  ])
    expect(readShard(bytes, other)).toBe(undefined)
})

test('names in the order of their numbers', () => {
  expect(['a_10', 'a_9', 'b', 'a'].sort(byNumbers)).toEqual(['a', 'a_9', 'a_10', 'b'])
})

const real = new URL('../../../../shared/data/n-mnist/', import.meta.url)

test.skipIf(!existsSync(real))('all real N-MNIST recordings (needs ../shared/data)', async () => {
  const { train, test: judged } = await openRecordings('n-mnist', real)
  expect([train.members.length, judged.members.length]).toEqual([1000, 100])
  let events = 0
  for (let i = 0; i < judged.members.length; i++) events += (await judged.read(i)).t.length
  expect(events).toBe(385_596)
})
