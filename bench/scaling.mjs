import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lif, modelNamed } from '../dist/node.js'
import { modelInProcess } from './child.mjs'
import { median } from './timing.mjs'

const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

/** Trained over ranks: small enough for minutes, and each with a batch that two ranks share. */
const ranked = [
  { model: 'snn5', batch: 64, limit: 2000 },
  { model: 'resnet18', batch: 16, limit: 160 },
]
const rounds = 3

/** Networks whose gradients travel; float32. */
const traveling = ['demo', 'snn5', 'vgg11', 'resnet18']
const links = [10, 100]
const rankCounts = [8, 64, 512]

/** Seconds that a message takes whatever its size: a switched network of a cluster. */
const latency = 20e-6

/**
 * One and two threads of one process, two ranks against two threads, and what follows for more of either.
 * @param {readonly { model: string, batch: number, T: number }[]} models
 */
export async function measureScaling(models) {
  const threads = []
  for (const options of models) {
    const seconds = [[], []]
    for (let k = 0; k < rounds; k++) {
      for (const [i, own] of seconds.entries()) {
        const { train } = await modelInProcess({ ...options, threads: i + 1 })
        own.push(options.batch / train.imagesPerSecond)
      }
    }
    const [one, two] = seconds.map(median)
    threads.push({ model: options.model, batch: options.batch, seconds: [one, two], ...amdahl(one, two) })
  }
  const launcher = ['mpirun.openmpi', 'mpirun'].find(isThere)
  const ranks = launcher ? ranked.map((options) => rankEfficiency(launcher, options)) : []
  const bytes = Object.fromEntries(traveling.map((model) => [model, gradientBytes(model)]))
  const predicted = threads.map(({ model, batch, seconds }) => predictedRanks(model, batch, seconds[1], bytes[model]))
  return { threads, ranks, bytes, predicted, why: launcher ? null : 'no mpirun on this machine' }
}

/** The share of a step that more threads do not make shorter, and steps a second for more of them, as times that of one. */
export function amdahl(one, two) {
  const serial = Math.min(1, Math.max(0, (2 * two - one) / one))
  return { serial, predicted: [8, 16, 64].map((n) => ({ threads: n, times: 1 / (serial + (1 - serial) / n) })) }
}

/** Seconds of a ring's allreduce. @param {number} gigabits a second, of a link */
export function allreduceSeconds(bytes, ranks, gigabits) {
  return (2 * (ranks - 1) * bytes * 8) / (ranks * gigabits * 1e9) + 2 * (ranks - 1) * latency
}

function gradientBytes(model) {
  const net = modelNamed(model)({ input: [32, 32, 3], classes: 10, neuron: lif(), T: 6 })
  return net.parameters().reduce((sum, { values }) => sum + 4 * values.length, 0)
}

/**
 * Ranks like this machine, each with a batch of its own: nothing of the allreduce hidden behind computing.
 * @param {number} seconds of an update of one rank's own batch
 */
export function predictedRanks(model, batch, seconds, bytes) {
  const rows = links.flatMap((gigabits) =>
    rankCounts.map((ranks) => {
      const together = allreduceSeconds(bytes, ranks, gigabits)
      // The batch of a rank at which communication is a tenth of an update.
      const tenth = Math.ceil((9 * together * batch) / seconds)
      return { gigabits, ranks, efficiency: seconds / (seconds + together), together, tenth }
    }),
  )
  return { model, batch, seconds, rows }
}

function isThere(program) {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Images a second of two ranks of one thread as times those of one process with two, of the same whole batch. */
function rankEfficiency(launcher, { model, batch, limit }) {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-ranks-'))
  const words = ['train', 'fashion-mnist', '--model', model, '--batch', String(batch), '--limit', String(limit)]
  const rest = ['--epochs', '2', '--T', '4', '--validation', '0', '--out', folder]
  const root = process.getuid?.() === 0 ? ['--allow-run-as-root'] : []
  const speed = (name, program, before, threads) => {
    const all = [...before, command, ...words, ...rest, '--threads', String(threads), '--name', name]
    execFileSync(program, all, { stdio: ['ignore', 'ignore', 'pipe'] })
    const epochs = join(folder, name, 'epochs.jsonl')
    if (!existsSync(epochs)) throw new Error(`${name} left no epochs`)
    return JSON.parse(readFileSync(epochs, 'utf8').trim().split('\n').at(-1)).imagesPerSecond
  }
  try {
    const found = Array.from({ length: rounds }, (_, k) => {
      const one = speed(`one-${k}`, process.execPath, [], 2)
      const two = speed(`two-${k}`, launcher, [...root, '--oversubscribe', '-n', '2', process.execPath], 1)
      return { one, two }
    })
    return { model, batch, rounds: found, efficiency: median(found.map(({ one, two }) => two / one)) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {Awaited<ReturnType<typeof measureScaling>>} found */
export function scalingText({ threads, ranks, bytes, predicted, why }) {
  const lines = threads.flatMap(({ model, batch, seconds: [one, two], serial, predicted: more }) => [
    `${model}, batch ${batch}: ${(1000 * one).toFixed(0)} ms an update with 1 thread, ${(1000 * two).toFixed(0)} ms with 2; ` +
      `${percent(serial)} of it are not shared out`,
    `  predicted: ${more.map(({ threads: n, times }) => `${n} threads ${times.toFixed(1)} times`).join(', ')}`,
  ])
  for (const { model, batch, efficiency, rounds: all } of ranks) {
    const text = all.map(({ one, two }) => `${two.toFixed(0)}/${one.toFixed(0)}`).join(', ')
    lines.push(
      `${model}, batch ${batch}: 2 ranks of 1 thread are ${efficiency.toFixed(2)} of 1 process with 2 (${text} images/s)`,
    )
  }
  if (why) lines.push(`no ranks: ${why}`)
  lines.push(
    `bytes of gradients an update: ${Object.entries(bytes)
      .map(([model, size]) => `${model} ${(size / 1e6).toFixed(1)} MB`)
      .join(', ')}`,
  )
  for (const { model, batch, rows } of predicted) {
    for (const { gigabits, ranks: n, efficiency, tenth } of rows) {
      lines.push(
        `  ${model}, ${n} ranks at ${gigabits} Gbit/s, batch ${batch} a rank: ${percent(efficiency)} computing; ` +
          `a tenth is communication at batch ${tenth} a rank`,
      )
    }
  }
  return lines.join('\n')
}

function percent(share) {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
}
