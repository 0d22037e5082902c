import { type Binding, elementKernel, type KernelSource, type Storage } from './kernel.ts'

/** Kernels that make each value from values at the same place. */

const dense = (name: string, write = false): Binding => ({ name, storage: 'dense', write })
const value = (name: string, storage: Storage, write = false): Binding => ({ name, storage, write })

/** result = a + b; the shorter one is repeated. */
export function addKernel(a: Storage, b: Storage, result: Storage): KernelSource {
  return elementKernel({
    name: 'add',
    sizes: ['aSize', 'bSize'],
    bindings: [value('a', a), value('b', b), value('result', result, true)],
    body: '  save_result(i, load_a(i % p.aSize) + load_b(i % p.bSize));',
  })
}

/** result += factor * source. */
export function accumulateKernel(source: Storage, result: Storage = 'dense'): KernelSource {
  return elementKernel({
    name: 'accumulate',
    numbers: ['factor'],
    bindings: [value('source', source), value('result', result, true)],
    body: '  save_result(i, load_result(i) + p.factor * load_source(i));',
  })
}

/** result *= factor. */
export function scaleKernel(result: Storage): KernelSource {
  return elementKernel({
    name: 'scale',
    numbers: ['factor'],
    bindings: [value('result', result, true)],
    body: '  save_result(i, load_result(i) * p.factor);',
  })
}

/** result within bounds. */
export function clampKernel(result: Storage): KernelSource {
  return elementKernel({
    name: 'clamp',
    numbers: ['least', 'most'],
    bindings: [value('result', result, true)],
    body: '  save_result(i, min(max(load_result(i), p.least), p.most));',
  })
}

/** result *= norm[1], the factor that clipping came to. */
export function clipKernel(result: Storage): KernelSource {
  return elementKernel({
    name: 'clip',
    bindings: [dense('norm'), value('result', result, true)],
    body: '  save_result(i, load_result(i) * norm[1]);',
  })
}

/** Whether a float32 is finite, by its bits: compilers may assume that all are. */
const finite = 'fn finite(v: f32) -> bool { return (bitcast<u32>(v) & 0x7f800000u) != 0x7f800000u; }'

/** Reads guards [n]; where one is not finite, the update is left out. */
function guarded(guards: number): { bindings: Binding[]; functions: string; start: string } {
  const names = Array.from({ length: guards }, (_, k) => `guard${k}`)
  return {
    bindings: names.map((name) => dense(name)),
    functions: guards > 0 ? finite : '',
    start: names.map((name) => `  if (!finite(${name}[0])) { return; }\n`).join(''),
  }
}

/** Stochastic gradient descent, with or without velocity. */
export function sgdKernel(velocity: boolean, guards: number): KernelSource {
  const guard = guarded(guards)
  return elementKernel({
    name: 'sgd',
    numbers: ['learningRate', 'momentum', 'weightDecay', 'nesterov'],
    bindings: [
      dense('gradient'),
      dense('parameter', true),
      ...(velocity ? [dense('velocity', true)] : []),
      ...guard.bindings,
    ],
    functions: guard.functions,
    body: `${guard.start}  let change = gradient[i] + p.weightDecay * parameter[i];
${
  velocity
    ? `  let v = p.momentum * velocity[i] + change;
  velocity[i] = v;
  parameter[i] -= p.learningRate * select(v, change + p.momentum * v, p.nesterov != 0.0);`
    : '  parameter[i] -= p.learningRate * change;'
}`,
  })
}

/** Adam with decoupled weight decay; the corrections of the moments come as factors. */
export function adamWKernel(guards: number): KernelSource {
  const guard = guarded(guards)
  return elementKernel({
    name: 'adamW',
    numbers: ['keep', 'beta1', 'beta2', 'rest1', 'rest2', 'stepSize', 'correction', 'eps'],
    bindings: [
      dense('gradient'),
      dense('parameter', true),
      dense('first', true),
      dense('second', true),
      ...guard.bindings,
    ],
    functions: guard.functions,
    body: `${guard.start}  let g = gradient[i];
  let m = p.beta1 * first[i] + p.rest1 * g;
  let v = p.beta2 * second[i] + p.rest2 * g * g;
  first[i] = m;
  second[i] = v;
  parameter[i] = p.keep * parameter[i] - p.stepSize * m / (sqrt(v) * p.correction + p.eps);`,
  })
}

/** The hash of base/random.ts. */
const hash = `fn hash32(index: u32, key: u32) -> u32 {
  var h = index * 2654435761u + key * 2246822519u;
  h = (h ^ (h >> 16u)) * 0x85ebca6bu;
  h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
  return h ^ (h >> 16u);
}
fn kept(index: u32) -> bool { return hash32(index, p.key) >= p.limit; }`

/** Drops values by their place in the frame, at all steps alike. Spike words hold four values. */
export function dropoutKernel(storage: 'dense' | 'half' | 'spikes'): KernelSource {
  if (storage !== 'spikes') {
    return elementKernel({
      name: 'dropout',
      sizes: ['frame', 'key', 'limit'],
      numbers: ['factor'],
      bindings: [value('x', storage), value('result', storage, true)],
      functions: hash,
      body: '  save_result(i, select(0.0, load_x(i) * p.factor, kept(i % p.frame)));',
    })
  }
  return elementKernel({
    name: 'dropout of spikes',
    sizes: ['frame', 'key', 'limit'],
    bindings: [
      { name: 'x', storage: 'words' },
      { name: 'result', storage: 'words', write: true },
    ],
    functions: hash,
    body: `  var mask = 0u;
  for (var k = 0u; k < 4u; k++) { if (kept((4u * i + k) % p.frame)) { mask |= 0xffu << (8u * k); } }
  result[i] = x[i] & mask;`,
  })
}

/** Sum over the first axis. */
export function sumStepsKernel(x: Storage, result: Storage): KernelSource {
  return elementKernel({
    name: 'sum over steps',
    sizes: ['steps'],
    bindings: [value('x', x), value('result', result, true)],
    body: `  var sum = 0.0;
  for (var t = 0u; t < p.steps; t++) { sum += load_x(t * p.count + i); }
  save_result(i, sum);`,
  })
}

/** Copies single bytes to any place of a cleared result. */
export function copyBytesKernel(): KernelSource {
  return elementKernel({
    name: 'copy bytes',
    sizes: ['source', 'goal'],
    bindings: [
      { name: 'x', storage: 'words' },
      { name: 'result', storage: 'atomics', write: true },
    ],
    body: `  let a = p.source + i;
  let b = p.goal + i;
  let byte = extractBits(x[a >> 2u], (a & 3u) * 8u, 8u);
  atomicOr(&result[b >> 2u], byte << ((b & 3u) * 8u));`,
  })
}
