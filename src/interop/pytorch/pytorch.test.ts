import { existsSync, readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { FormatError } from '../../base/index.ts'
import { readPytorch } from './index.ts'

interface Sample {
  readonly deflated: string
  readonly expected?: { readonly [name: string]: { shape: number[]; values: (number | string)[] } }
}

const samples: { readonly [name: string]: Sample } = JSON.parse(
  readFileSync(new URL('../../../test/formats/pytorch-samples.json', import.meta.url), 'utf8'),
)
const bytesOf = (name: string) => new Uint8Array(inflateSync(Buffer.from(samples[name].deflated, 'base64')))
const shared = new URL('../../../../shared/data/pytorch-checkpoints/', import.meta.url)

/** What PyTorch printed, digit for digit; numbers beyond 2^31 as text. */
function expectSame(name: string, tensors: Awaited<ReturnType<typeof readPytorch>>['tensors']): void {
  const { expected = {} } = samples[name]
  expect([...tensors.keys()]).toEqual(Object.keys(expected))
  for (const [tensor, { shape, values }] of Object.entries(expected)) {
    const got = tensors.get(tensor)!
    expect(got.shape, tensor).toEqual(shape)
    const plain = Array.from(got.values as ArrayLike<number | bigint>, Number)
    expect(plain, tensor).toEqual(values.map(Number))
  }
}

describe('PyTorch files', () => {
  test('every type of number, views with strides, shared storages, empty tensors', async () => {
    const { tensors, entry } = await readPytorch(bytesOf('types'), 'a.pt')
    expect(entry).toBe('')
    expectSame('types', tensors)
    expect(tensors.get('half')?.dtype).toBe('F32')
    expect(tensors.get('long')?.values).toEqual(BigInt64Array.of(2n ** 40n))
  })

  test('a checkpoint of a training script: the entry with the tensors is found, or named', async () => {
    const { tensors, entry, others } = await readPytorch(bytesOf('nested'), 'a.pth')
    expect([entry, others]).toEqual(['net', ['optimizer', 'lr_scheduler', 'epoch', 'max_test_acc']])
    expectSame('nested', tensors)
    expectSame('nested', (await readPytorch(bytesOf('nested'), 'a.pth', { entry: 'net' })).tensors)
    await expect(readPytorch(bytesOf('nested'), 'a.pth', { entry: 'weights' })).rejects.toThrow(/'weights'[\s\S]*net/)
  })

  test('what stands beside the weights, and tensors of other kinds, are left alone', async () => {
    const { tensors, entry, others, unread } = await readPytorch(bytesOf('beside'), 'a.pth')
    expect([entry, others]).toEqual(['net', ['seen', 'frozen', 'where', 'mean', 'when', 'kind', 'args']])
    expect([...tensors].map(([name, { values }]) => [name, [...values]])).toEqual([['w', [1.5, -2]]])
    expect([...(unread ?? [])]).toEqual([
      ['_sparse', 'sparse tensor'],
      ['_complex', 'ComplexFloatStorage'],
      ['_quantised', 'qtensor'],
      ['_repeated', 'a tensor that repeats its storage'],
    ])
  })

  test('weights in a list, further inside, and of types without a storage are found', async () => {
    const list = await readPytorch(bytesOf('list'), 'a.pth')
    expect([list.entry, list.others, [...list.tensors.keys()]]).toEqual(['0', ['1'], ['w']])
    const deep = await readPytorch(bytesOf('deep'), 'a.pth')
    expect([deep.entry, deep.others, [...deep.tensors.keys()]]).toEqual(['state.nets.net', [], ['w']])
    expect((await readPytorch(bytesOf('deep'), 'a.pth', { entry: 'state.nets.net' })).tensors.size).toBe(1)
    const { tensors } = await readPytorch(bytesOf('uint16'), 'a.pth')
    expect(tensors.get('idx')).toMatchObject({ dtype: 'I32', shape: [3] })
  })

  test('a checksum of 0 was not kept; another that is wrong is damage', async () => {
    const changed = (checksum: number) => {
      const bytes = bytesOf('list')
      const view = new DataView(bytes.buffer)
      for (let at = 0; at + 46 < bytes.length; at++) {
        if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 16, checksum, true)
      }
      return readPytorch(bytes, 'a.pth')
    }
    expect((await changed(0)).tensors.size).toBe(1)
    await expect(changed(1)).rejects.toThrow(/checksum 1/)
  })

  test.each([
    ['a call of os.system', 'wicked', /names code[\s\S]*system[\s\S]*nothing was executed/],
    ['a whole module', 'module', /names code[\s\S]*torch\.nn[\s\S]*state_dict/],
    ['a file from before 1.6', 'old', /before version 1\.6[\s\S]*torch\.save\(torch\.load/],
  ])('refuses %s', async (_, name, message) => {
    const refused = readPytorch(bytesOf(name), 'x.pt')
    await expect(refused).rejects.toThrow(FormatError)
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toThrow(/x\.pt/)
    expect(existsSync('spikelet-was-here')).toBe(false)
  })

  describe.skipIf(!existsSync(shared))('published files (needs ../shared/data)', () => {
    test('both are read', async () => {
      const read = async (name: string) => (await readPytorch(readFileSync(new URL(name, shared)), name)).tensors
      const mnist = await read('mnist_params.pt')
      expect([...mnist].map(([name, { shape }]) => `${name} ${shape}`)).toEqual([
        '0.weight 20,1,5,5',
        '3.weight 32,20,5,5',
        '6.weight 128,32,3,3',
        '10.weight 500,128',
        '12.weight 10,500',
      ])
      expect((await read('pretrained_ann_weights.pth')).get('11.weight')?.shape).toEqual([10, 256])
    })
  })
})
