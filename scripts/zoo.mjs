// Trains the networks of data/zoo again, or those named: npm run build && node scripts/zoo.mjs [--data FOLDER] [NAME...]
// With --from CHECKPOINT --minutes N, the card is made of a run that was; with --cards, cards are made of the files as they are.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { float16Bits } from '../dist/base/index.js'
import { readSafetensors } from '../dist/interop/index.js'
import { recipes } from './zoo/recipes.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    from: { type: 'string' },
    minutes: { type: 'string' },
    cards: { type: 'boolean' },
  },
})
/** `energy` draws a picture as well. */
const picture = join(tmpdir(), 'spikelet-zoo-energy.svg')
const target = new URL('../data/zoo/', import.meta.url)
const spikelet = (args, output = 'inherit') =>
  execFileSync('node', [new URL('../dist/cli/main.js', import.meta.url).pathname, ...args], {
    stdio: ['ignore', output, 'inherit'],
  })

/** The checkpoint without what only training needs; matrices and kernels as float16. */
function packed(bytes) {
  const { tensors, metadata } = readSafetensors(bytes, 'checkpoint')
  const { network, training, progress, format } = metadata
  const parts = []
  let at = 0
  const header = { __metadata__: { format, network, training, progress } }
  const kept = [...tensors].filter(([name]) => !name.startsWith('optimiser.') && !name.startsWith('optimizer.'))
  for (const half of [false, true]) {
    for (const [name, { shape, values }] of kept) {
      if (shape.length > 1 !== half) continue
      const stored = half ? Uint16Array.from(values, float16Bits) : Float32Array.from(values)
      header[name] = { dtype: half ? 'F16' : 'F32', shape, data_offsets: [at, at + stored.byteLength] }
      parts.push(Buffer.from(stored.buffer))
      at += stored.byteLength
    }
  }
  const text = Buffer.from(JSON.stringify(header))
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, 0x20)])
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))
  return Buffer.concat([length, padded, ...parts])
}

/** Trains one, stage after stage, each with the weights of the one before. @returns the last checkpoint */
function trained(name, { stages, checkpoint }, data, started) {
  let from = []
  for (const [k, words] of stages.entries()) {
    const run = `zoo-${name}-${started}-${k + 1}`
    spikelet(['train', ...words, ...data, ...from, '--name', run])
    from = ['--from', `runs/${run}/checkpoints/last.safetensors`]
  }
  return `runs/zoo-${name}-${started}-${stages.length}/checkpoints/${checkpoint}.safetensors`
}

/** The same as a person would type it. */
function commandOf(name, { stages, needsData }) {
  const lines = stages.map((words, k) => {
    const from = k === 0 ? '' : ` --from runs/${name}-${k}/checkpoints/last.safetensors`
    const kept = stages.length === 1 ? '' : ` --name ${name}-${k + 1}`
    return `spikelet train ${words.join(' ')}${needsData ? ' --data FOLDER' : ''}${from}${kept}`
  })
  return lines.join(' && ')
}

for (const [name, recipe] of Object.entries(recipes)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const started = Date.now()
  const data = values.data && recipe.needsData ? ['--data', values.data] : []
  const before = values.cards ? JSON.parse(readFileSync(new URL(`${name}.json`, target), 'utf8')) : null
  const checkpoint = before ? null : (values.from ?? trained(name, recipe, data, started))
  const minutes =
    before?.minutes ?? (values.minutes ? Number(values.minutes) : Math.round((Date.now() - started) / 6000) / 10)
  const file = new URL(`${name}.safetensors`, target)
  const bytes = checkpoint ? packed(readFileSync(checkpoint)) : readFileSync(file)
  if (checkpoint) writeFileSync(file, bytes)
  const card = {
    name,
    summary: recipe.summary,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    data: recipe.data,
    licence: recipe.licence,
    command: commandOf(name, recipe),
    seed: 1,
    minutes,
    machine: before?.machine ?? `${cpus()[0].model}, ${recipe.threads}`,
    correct: 0,
    samples: 0,
    rule: recipe.rule,
    evaluate: `spikelet evaluate zoo:${name}${recipe.judgedFromFolder ? ' --data FOLDER' : ''}`,
    rates: {},
    energy: { operations: 0, withMemory: 0 },
    limits: recipe.limits,
  }
  const write = () => writeFileSync(new URL(`${name}.json`, target), `${JSON.stringify(card, null, 2)}\n`)
  write()
  const judged = JSON.parse(
    spikelet(['evaluate', `zoo:${name}`, ...(recipe.judgedFromFolder ? data : []), '--json'], 'pipe'),
  )
  card.samples = judged.images
  card.correct = Math.round(judged.accuracy * judged.images)
  for (const { layer, rate } of judged.firingRates) card.rates[layer] = Number(rate.toFixed(4))
  const judgedData = recipe.judgedFromFolder ? data : []
  const { synaptic, memory } = JSON.parse(
    spikelet(['energy', `zoo:${name}`, ...judgedData, '--json', '--out', picture], 'pipe'),
  )
  const microjoules = (picojoules) => Number((picojoules / 1e6).toPrecision(3))
  card.energy.operations = microjoules(synaptic.inference.energy)
  card.energy.withMemory = microjoules(Object.values(memory.inference).reduce((sum, part) => sum + part, 0))
  write()
  console.log(`${name}: ${card.correct} of ${card.samples}, ${bytes.length} bytes`)
}
