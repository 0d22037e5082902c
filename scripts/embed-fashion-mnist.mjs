// Makes data/fashion-mnist, the part of Fashion-MNIST that Spikelet carries, from the data set's four files:
//   npm run build && node scripts/embed-fashion-mnist.mjs <folder with the four .gz files>
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readIdx, writeIdx } from '../dist/formats/index.js'

const shardLimit = 1_400_000
const totalLimit = 5_900_000
const splits = [
  { name: 'train', source: 'train', shards: [3000, 3000, 3000, 2000] },
  { name: 'test', source: 't10k', shards: [2000] },
]

const source = process.argv[2]
if (!source) {
  console.error('usage: node scripts/embed-fashion-mnist.mjs <folder with the four .gz files>')
  process.exit(2)
}
const target = new URL('../data/fashion-mnist/', import.meta.url)
mkdirSync(target, { recursive: true })

let total = 0
function write(name, shape, values) {
  const packed = gzipSync(writeIdx(shape, values), { level: 9 })
  packed[9] = 255 // the system that packed it: unknown, so that every machine writes the same bytes
  if (packed.length >= shardLimit) throw new Error(`${name} has ${packed.length} bytes, limit ${shardLimit}`)
  total += packed.length
  writeFileSync(new URL(name, target), packed)
  console.log(name, shape.join('x'), packed.length)
}

for (const { name, source: prefix, shards } of splits) {
  const images = readIdx(readFileSync(join(source, `${prefix}-images-idx3-ubyte.gz`)), 'images')
  const labels = readIdx(readFileSync(join(source, `${prefix}-labels-idx1-ubyte.gz`)), 'labels')
  let first = 0
  for (const [i, count] of shards.entries()) {
    write(`${name}-images-${i + 1}.idx.gz`, [count, 28, 28], images.values.subarray(first * 784, (first + count) * 784))
    first += count
  }
  write(`${name}-labels.idx.gz`, [first], labels.values.subarray(0, first))
}
if (total > totalLimit) throw new Error(`${total} bytes in all, limit ${totalLimit}`)
console.log('in all', total)
