import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sample, samplesOf } from '../../test/formats/samples.ts'
import { cifar10Variant } from './cifar-binary.ts'
import { readCifarMeta, readCifarPickle } from './cifar-pickle.ts'
import { PickleMade, PickleName, readPickle } from './pickle.ts'

describe('CIFAR pickles', () => {
  test.each(samplesOf('pickle'))('%s as Python wrote it', (name) => {
    const records = readCifarPickle(sample(name).bytes, cifar10Variant, name)
    expect([records.length, [...records.labels]]).toEqual([2, [3, 9]])
    const image = new Uint8Array(3072)
    records.image(1, image)
    const at = (plane: number, pixel: number) => (3072 + plane * 1024 + pixel) % 251
    expect([...image.subarray(0, 6)]).toEqual([at(0, 0), at(1, 0), at(2, 0), at(0, 1), at(1, 1), at(2, 1)])
    expect(image[3071]).toBe(at(2, 1023))
  })

  test('class names', () => {
    expect(readCifarMeta(sample('meta.pickle').bytes)).toEqual(['cat', 'dog'])
  })

  test.each(samplesOf('wicked'))('%s, which would call a program, is refused by the name it uses', (name) => {
    expect(() => readCifarPickle(sample(name).bytes, cifar10Variant, name)).toThrow(
      /not on the list[\s\S]*byte \d+[\s\S]*posix\.system[\s\S]*nothing was executed/,
    )
    expect(existsSync('spikelet-was-here')).toBe(false)
  })

  test('lists that hold themselves many times over are never written out', () => {
    const doubled = Array.from(
      { length: 40 },
      (_, i) => `](h${String.fromCharCode(i)}h${String.fromCharCode(i)}eq${String.fromCharCode(i + 1)}`,
    )
    const text = `\x80\x02]q\x00${doubled.join('')}0}(NK\x01X\x04\x00\x00\x00datah\x28u.`
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0))
    expect(() => readCifarPickle(bytes, cifar10Variant, 'a')).toThrow(/data \[none\]/)
    const key = Uint8Array.from(text.replace('(NK\x01', '(h\x28K\x01'), (letter) => letter.charCodeAt(0))
    expect(() => readCifarPickle(key, cifar10Variant, 'a')).toThrow(/data \[none\]/)
  })

  test('a label beyond the classes is refused', () => {
    const one = { name: 'few', labels: [{ name: 'label', classes: 5 }] }
    expect(() => readCifarPickle(sample('cifar-protocol-2.pickle').bytes, one, 'a')).toThrow(/labels\[1\] = 9/)
  })
})

describe('pickle', () => {
  const read = (text: string, options = {}) =>
    readPickle(
      Uint8Array.from(text, (c) => c.charCodeAt(0)),
      { file: 'a.pkl', ...options },
    )

  test('plain values', () => {
    expect(read("(lp0\nI1\naF2.5\naS'three'\naI01\naNa.")).toEqual([1, 2.5, 'three', true, null])
    expect(read('\x80\x02}(X\x01\x00\x00\x00aK\x05X\x01\x00\x00\x00bJ\xfe\xff\xff\xffu.')).toEqual(
      new Map([
        ['a', 5],
        ['b', -2],
      ]),
    )
    expect(read('\x80\x02\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.')).toBe(2n ** 64n)
  })

  test('sets come as lists, and more objects than any file needs are refused', () => {
    expect(read('\x80\x04\x8f(K\x01K\x02\x90.')).toEqual([1, 2])
    expect(read('\x80\x04(K\x01\x91.')).toMatchObject({ items: [1] })
    expect(() => read(`(${']0'.repeat(2_000_001)}.`)).toThrow(/more than 2000000/)
  })

  test('names that are not on the list stand for nothing where the caller lets them', () => {
    const asked: string[] = []
    const unlisted = (name: string) => asked.push(name) > 0
    const made = read('ccode\nThing\n(I1\ntR(S"a"\nI2\nu(I3\nI4\nd b.'.replace(' ', ''), { unlisted })
    expect([asked, made]).toEqual([['code.Thing'], new PickleMade('code.Thing', undefined)])
    expect(() => read('ccode\nThing\n.', { unlisted: () => false })).toThrow(/not on the list/)
  })

  test("constructors and persistent ids are the caller's", () => {
    const constructors = {
      'box.Box': {
        make: (args: readonly unknown[]) => ({ args }),
        build: (value: unknown, state: unknown) => ({ value, state }),
      },
    }
    const made = read('cbox\nBox\n(I1\ncbox\nBox\ntRI7\nb.', { constructors }) as PickleMade
    expect(made).toEqual(new PickleMade('box.Box', { value: { args: [1, new PickleName('box.Box')] }, state: 7 }))
    expect(read('Pstorage 5\n.', { persistent: (id: unknown) => `<${id}>` })).toEqual(
      new PickleMade('persistent', '<storage 5>'),
    )
    expect(() => read('Pstorage 5\n.')).toThrow(/outside of it[\s\S]*a\.pkl, byte 0/)
  })

  test.each([
    ['an empty stack', '0.'],
    ['a missing mark', 'l.'],
    ['a memo never kept', 'h\x05.'],
    ['a cut', '\x80\x02X\xff\xff\xff\x7f'],
    ['an unknown operation', '\xff.'],
    ['a call of nothing', 'I1\n(tR.'],
    ['prototype names', 'c__proto__\npolluted\n.'],
    ['names of objects', 'cconstructor\nname\n.'],
  ])('%s is refused with file and byte', (_, text) => {
    expect(() => read(text)).toThrow(/a\.pkl, byte \d+/)
  })
})
