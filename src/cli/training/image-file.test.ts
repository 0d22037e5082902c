import { expect, it } from 'vitest'
import { writeIdx, writePng } from '../../data/index.ts'
import { readImages } from './image-file.ts'

it('reads IDX images', () => {
  const pixels = Uint8Array.from({ length: 3 * 4 * 5 }, (_, i) => i)
  const images = readImages(writeIdx([3, 4, 5], pixels), 'a.idx', [4, 5, 1])
  expect([images.length, images.shape]).toEqual([3, [4, 5, 1]])
  expect(images.image(2)).toEqual(pixels.subarray(40))
})

it.each([
  ['CIFAR-10', 1],
  ['CIFAR-100', 2],
])('reads %s records, planes to channels last', (_, labels) => {
  const record = labels + 3072
  const bytes = new Uint8Array(2 * record)
  for (const [plane, value] of [11, 22, 33].entries())
    bytes.fill(value, record + labels + plane * 1024, record + labels + (plane + 1) * 1024)
  const images = readImages(bytes, 'a.bin', [32, 32, 3])
  expect(images.length).toBe(2)
  expect([...images.image(1).subarray(0, 6)]).toEqual([11, 22, 33, 11, 22, 33])
})

it('refuses other shapes, labels, and anything else', () => {
  expect(() => readImages(writeIdx([1, 4, 5], new Uint8Array(20)), 'a.idx', [28, 28, 1])).toThrow(
    /a\.idx\n {2}expected \[28, 28, 1\]\n {2}got {6}\[4, 5, 1\]/,
  )
  expect(() => readImages(writeIdx([20], new Uint8Array(20)), 'a.idx', [28, 28, 1])).toThrow('does not hold images')
  expect(() => readImages(new TextEncoder().encode('a picture'), 'a.txt', [28, 28, 1])).toThrow('no images')
  expect(() => readImages(new Uint8Array(0), 'empty', [28, 28, 1])).toThrow('no images')
})

it('reads one picture, in colour or grey as the network wants it', () => {
  const png = writePng({ width: 5, height: 4, channels: 3, pixels: new Uint8Array(60).fill(9) })
  expect([...readImages(png, 'a.png', [4, 5, 3]).image(0)]).toEqual(Array(60).fill(9))
  expect([...readImages(png, 'a.png', [4, 5, 1]).image(0)]).toEqual(Array(20).fill(9))
  expect(() => readImages(png, 'a.png', [28, 28, 1])).toThrow(
    /a\.png\n {2}expected \[28, 28, 1\]\n {2}got {6}\[4, 5, 1\]/,
  )
})
