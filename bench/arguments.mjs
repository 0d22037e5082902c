import { parseArgs } from 'node:util'
import { nearestName, UsageError } from '../dist/base/index.js'
import { datasetNames } from '../dist/data/index.js'
import { modelNamed } from '../dist/models/index.js'

export const parts = ['peak', 'dense', 'models', 'curves', 'network', 'loader', 'scaling', 'stream']
const simds = ['widest', '512', '256', '128']
export const peerModels = ['resnet18', 'snn5']
const defaultBatches = { resnet18: 8, snn5: 32 }

export const usage = `usage: npm run bench -- [options]

  (nothing)            everything: peak, dense convolution, models, curves of layers and of a network, loader,
                       threads and ranks, one sample at a time
  --only PARTS         some of ${parts.join(',')}
  --scaling            1 and 2 threads, 2 ranks of MPI, and what follows for more
  --stream             one sample at a time: exports, engine and PyTorch on one thread, and events a second
  --model NAME         one model only
  --batch N --T N      of the models; default: 8 for resnet18, 32 for snn5, T 6
  --threads N          default: all
  --simd BITS          vectors of both sides: 128 (WebAssembly; PyTorch without AVX), 256 (AVX2), 512 (AVX-512); default: the widest
  --data NAME=FOLDER   data sets whose loader is measured too, with commas: cifar10=./cifar10,n-mnist=./n-mnist
  --json               with --model: one line of JSON on standard output, and no file (npm run --silent bench -- ...)
  --peer [--rounds N]  the same networks in PyTorch, in turn; default 2 rounds

All but --json keep what they find in bench/results/.`

/**
 * What a command line asks for.
 * @param {readonly string[]} words
 * @throws UsageError
 */
export function readArguments(words) {
  const given = parsed(words)
  const number = (name, otherwise) => (given[name] === undefined ? otherwise : positive(name, given[name]))
  const { model, json = false, peer = false, help = false } = given
  const simd = given.simd ?? 'widest'
  if (!simds.includes(simd)) {
    throw new UsageError({ what: '--simd out of range', expected: simds.join(', '), got: `'${simd}'` })
  }
  const names = model === undefined ? peerModels : [model]
  if (model !== undefined) modelNamed(model)
  if (json && (model === undefined || peer)) throw conflict('--json', 'needs --model, and no --peer')
  if (peer && !peerModels.includes(names[0])) throw conflict('--peer', `knows ${peerModels.join(' and ')} only`)
  const models = names.map((name) => ({
    model: name,
    batch: number('batch', defaultBatches[name] ?? 8),
    T: number('T', 6),
    threads: number('threads', undefined),
    simd,
  }))
  const alone = ['stream', 'scaling'].find((part) => given[part])
  const usual = alone ? [alone] : model === undefined ? parts : ['models']
  if (alone && given.only !== undefined) throw conflict(`--${alone}`, `is --only ${alone}`)
  const only = given.only === undefined ? usual : listOfParts(given.only)
  const data = given.data === undefined ? [] : listOfData(given.data)
  return { models, json, peer, help, only, data, threads: number('threads', undefined), rounds: number('rounds', 2) }
}

function parsed(words) {
  const text = { type: /** @type {const} */ ('string') }
  const flag = { type: /** @type {const} */ ('boolean') }
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        only: text,
        data: text,
        model: text,
        batch: text,
        T: text,
        threads: text,
        simd: text,
        rounds: text,
        json: flag,
        stream: flag,
        scaling: flag,
        peer: flag,
        help: flag,
      },
    })
    return values
  } catch (cause) {
    throw new UsageError({ what: cause.message, next: 'npm run bench -- --help', cause })
  }
}

function positive(name, text) {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new UsageError({ what: `--${name} out of range`, expected: 'a whole number, 1 or more', got: `'${text}'` })
}

function listOfData(text) {
  const list = text.split(',')
  for (const entry of list) {
    const [name, folder] = entry.split('=')
    if (datasetNames.includes(name) && folder) continue
    const near = nearestName(name, datasetNames)
    throw new UsageError({
      what: `--data takes a data set and its folder, not '${entry}'`,
      expected: `NAME=FOLDER, of ${datasetNames.join(', ')}`,
      ...(near && near !== name ? { next: `did you mean '${near}'?` } : {}),
    })
  }
  return list
}

function listOfParts(text) {
  const list = text.split(',')
  for (const part of list) {
    if (parts.includes(part)) continue
    const near = nearestName(part, parts)
    throw new UsageError({
      what: `unknown part '${part}'`,
      expected: parts.join(', '),
      ...(near ? { next: `did you mean '${near}'?` } : {}),
    })
  }
  return list
}

function conflict(option, what) {
  return new UsageError({ what: `${option} ${what}`, next: 'npm run bench -- --help' })
}
