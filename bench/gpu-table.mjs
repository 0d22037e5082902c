// Medians of the lines that bench/gpu.sh gathered, and ratios to PyTorch: node bench/gpu-table.mjs FILE.jsonl
import { readFileSync } from 'node:fs'
import { median } from './timing.mjs'

const lines = readFileSync(process.argv[2], 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line))
const groups = new Map()
for (const line of lines) {
  const key = `${line.who}, ${line.precision}`
  groups.set(key, [...(groups.get(key) ?? []), line])
}
const middle = (found, field) => median(found.map((line) => line[field]))
const reference = groups.get('pytorch stepwise, mixed') ?? groups.get('pytorch stepwise, float32')
const ratio = (found, field) => (reference ? (middle(found, field) / middle(reference, field)).toFixed(2) : '-')
console.log('| who | training, images/s | inference, images/s | peak, MB | fires | training and memory, over PyTorch |')
console.log('| --- | --- | --- | --- | --- | --- |')
for (const [key, found] of groups) {
  const cells = [
    key,
    middle(found, 'train_images_per_s').toFixed(1),
    middle(found, 'infer_images_per_s').toFixed(1),
    middle(found, 'peak_mb').toFixed(0),
    `${(100 * middle(found, 'train_firing_rate')).toFixed(1)} %`,
    `${ratio(found, 'train_images_per_s')}, ${ratio(found, 'peak_mb')}`,
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
const [first] = lines
if (first)
  console.log(
    `\n${first.model}, T = ${first.T}, batch ${first.batch}, medians of ${lines.length / groups.size} rounds; ${first.device}`,
  )
