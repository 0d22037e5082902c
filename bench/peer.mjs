import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { busyShare } from './busy.mjs'
import { modelInProcess, outputOf } from './child.mjs'
import { firingWarning, modelLine } from './model-line.mjs'
import { ratiosOf } from './ratios.mjs'

const modes = ['stepwise', 'multistep']
const python = 'python3'
const peerFile = fileURLToPath(new URL('./peer.py', import.meta.url))

/** Whether `python3 -c 'import torch'` works. */
export function hasTorch() {
  return spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0
}

/**
 * Spikelet and PyTorch in turn, each in a process of its own, so that a slow hour of the machine hits both.
 * @param {{ model: string, batch: number, T: number, threads?: number | undefined }} options
 * @param {number} rounds
 * @param {(line: string) => void} say
 */
export async function comparePeer(options, rounds, say) {
  const found = []
  for (let round = 0; round < rounds; round++) {
    const busy = [await busyShare()]
    const ours = await modelInProcess(options)
    say(`spikelet  ${modelLine(ours)}`)
    const warning = firingWarning(ours)
    if (warning) say(warning)
    const peers = {}
    for (const mode of modes) {
      busy.push(await busyShare())
      peers[mode] = await peerInProcess(mode, options)
      say(`${mode.padEnd(9)} ${JSON.stringify(peers[mode])}`)
    }
    found.push({ ours: JSON.parse(modelLine(ours)), peers, busy: Math.max(...busy) })
  }
  const ratios = Object.fromEntries(
    modes.map((mode) => [mode, ratiosOf(found.map(({ ours, peers, busy }) => ({ ours, peer: peers[mode], busy })))]),
  )
  return { ...options, rounds: found, ratios }
}

/** What holds PyTorch and its oneDNN to the instructions that we are held to. */
const instructionSets = {
  widest: {},
  512: { ATEN_CPU_CAPABILITY: 'avx512', ONEDNN_MAX_CPU_ISA: 'AVX512_CORE' },
  256: { ATEN_CPU_CAPABILITY: 'avx2', ONEDNN_MAX_CPU_ISA: 'AVX2' },
  128: { ATEN_CPU_CAPABILITY: 'default', ONEDNN_MAX_CPU_ISA: 'SSE41' },
}

/** Seconds that PyTorch takes for an image of all steps, alone on one thread, in each of its two modes. */
export async function peerLatency(model, T) {
  const found = {}
  for (const mode of modes) {
    const words = ['--model', model, '--mode', mode, '--latency', '--batch', '1', '--T', String(T), '--threads', '1']
    found[mode] = JSON.parse(await outputOf(python, [peerFile, ...words])).image_s
  }
  return found
}

async function peerInProcess(mode, { model, batch, T, threads, simd = 'widest' }) {
  const words = ['--model', model, '--mode', mode, '--batch', String(batch), '--T', String(T)]
  const all = [peerFile, ...words, ...(threads ? ['--threads', String(threads)] : [])]
  return JSON.parse(await outputOf(python, all, instructionSets[simd]))
}
