// What tells the machine what to compute, and may come from other people: neurons as JSON with equations, and records of the
// kernels that a run took. What is accepted must become code on every target, and end. Needs the build.
import { createWasm } from '../../dist/backends/index.js'
import { avx2Target, avx512Target, neuronBackward, neuronForward, wasmTarget, wgsl } from '../../dist/codegen/index.js'
import { defineNeuron } from '../../dist/equations/index.js'
import { kernelRecord } from '../../dist/train/index.js'

/** @typedef {import('../../dist/base/index.js').Random} Random */

/** @template Item @param {readonly Item[]} items @param {Random} random @returns {Item} */
const pick = (items, random) => items[random.below(items.length)]

const text = (/** @type {unknown} */ value) => new TextEncoder().encode(JSON.stringify(value))

const starts = [
  'u = (1 - 1/tau) * u + x\ns = spike(u - threshold)\nreset(u)',
  'u = (1 - 1/tau) * u + input(x / tau)\ns = spike(u - threshold)\nm = m * sigmoid(u / tau) + s\nu = u - s * (threshold + sigmoid(m))',
  's = tanh(exp(x) * log(abs(x) + 1)) ^ 3',
  'a = max(min(a, x), -x) / sqrt(abs(b) + 1)\nb = relu(detach(a))\ns = spike(a - b)',
]
const tokens = [
  ...'+ - * / ^ ( ) , = # ; x s u a b m tau threshold reset input spike detach exp tanh log sigmoid sqrt'.split(' '),
  ...['\n', '1', '0.5', '1e308', '1e-320', '64', '-1', '__proto__', 'constructor', '\u0000', 'u#1', 'é'],
]

/** Equations with words exchanged, put in, left out, doubled. @param {Random} random */
function equations(random) {
  let words = pick(starts, random).match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|\s+|[^\s\w]/g) ?? []
  const changes = 1 + random.below(6)
  for (let i = 0; i < changes; i++) {
    const at = random.below(words.length + 1)
    const kind = random.below(5)
    if (kind === 0) words.splice(at, 1)
    else if (kind === 1) words.splice(at, 0, pick(tokens, random))
    else if (kind === 2) words[at % words.length] = pick(tokens, random)
    else if (kind === 3) words.splice(at, 0, ...words.slice(random.below(words.length), at))
    else if (words.length < 4000) words = [...words, '\n', ...words]
  }
  return words.join('')
}

/** @param {Random} random */
function neuronJson(random) {
  const definition = { name: 'n', equations: equations(random), constants: { tau: 2, threshold: 1 } }
  const more = random.below(6)
  if (more === 0)
    Object.assign(definition, { learnable: { w: { start: pick(['tau', '1/T', 'w', 3], random), per: 'step' } } })
  if (more === 1) definition.constants.tau = pick([0, -1, 1e300, Number.NaN, '2'], random)
  if (more === 2) Object.assign(definition, { surrogate: { name: 'own', derivative: equations(random) } })
  return text(definition)
}

/** Every target takes what the equations' checks let through. @param {Uint8Array} bytes */
function everyKernel(bytes) {
  const neuron = defineNeuron(JSON.parse(new TextDecoder().decode(bytes)))()
  const limits = { minimum: 1, maximum: 2, shared: false }
  for (const write of [neuronForward, neuronBackward]) {
    const options = { neuron, normalised: true, relaxed: false }
    new WebAssembly.Module(write(wasmTarget(limits), 0, options))
    for (const target of [avx2Target, avx512Target]) write(target, 0, options)
  }
  const options = { neuron, T: 4, wide: true, x: 'dense', repeated: false, table: null, result: 'dense' }
  wgsl.neuronForward({ ...options, given: false, last: false })
  wgsl.neuronBackward({ ...options, given: false, last: false })
}

const layer = 'conv 3x3, stride 1x1, padding 1x1: 4x4x16 to 16'

/** @param {Random} random */
function recordJson(random) {
  const tile = () => pick([1, 3, 8, 300, 2 ** 20, 2 ** 24, 2 ** 24 + 1, 2 ** 29, 2 ** 31, -4, 0.5, null, '8'], random)
  const choices = ['forward', 'weight gradient', 'input gradient'].map((pass) => {
    return { layer, pass, kernels: pick(['events', 'dense'], random), rate: 0.2, predicted: null, tile: tile() }
  })
  const record = { features: ['wasm'], choices }
  if (random.below(4) === 0) record.choices.push(pick([null, 1, {}, { ...choices[0], pass: 'sideways' }], random))
  return text(record)
}

/** A layer that runs by the record, there and back. @param {Uint8Array} bytes @param {string} file */
async function layerBy(bytes, file) {
  const { choices } = kernelRecord(new TextDecoder().decode(bytes), file)
  const b = await createWasm({ kernels: choices })
  try {
    const options = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 }
    const x = b.spikes([1, 2, 4, 4, 16], new Uint8Array(512).fill(3), 1)
    const weight = b.tensor([3, 3, 16, 16], null)
    const y = b.conv2d(x, weight, null, null, options)
    b.conv2dBackward(x, weight, y, options, { input: 'open', weight: true, bias: true })
    await b.finish()
  } finally {
    await b.close()
  }
}

/** @type {Record<string, import('./formats.mjs').Format>} */
export const programs = {
  // What a person typed has no file: errors name the neuron and the line.
  'neuron.json': { mutate: neuronJson, read: (bytes) => everyKernel(bytes), namesFile: false },
  'kernels.json': { mutate: recordJson, read: layerBy },
}
