// Small NIR graphs with every type of node, for fuzz-formats.mjs.

/** @typedef {import('../../dist/interop/index.js').NirGraph} NirGraph */

const array = (/** @type {number[]} */ shape, /** @type {number[]} */ values) => ({
  shape,
  values: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => values[i % values.length]),
})

const node = (/** @type {string} */ type, /** @type {Record<string, [number[], number[]]>} */ fields) => ({
  type,
  fields: new Map(Object.entries(fields).map(([name, [shape, values]]) => [name, array(shape, values)])),
})

/** Nodes one after the other. @param {[string, any][]} nodes @returns {NirGraph} */
const chain = (nodes) => ({
  version: '1',
  nodes: new Map(nodes),
  edges: nodes.slice(1).map(([name], i) => [nodes[i][0], name]),
})

const one = (/** @type {number} */ value) => /** @type {[number[], number[]]} */ ([[1], [value]])
const pair = (/** @type {number} */ value) => /** @type {[number[], number[]]} */ ([[2], [value]])
const frame = [2, 4, 4]

export const nirSamples = [
  chain([
    ['input', node('Input', { shape: [[3], [2, 6, 6]] })],
    [
      'a',
      node('Conv2d', {
        input_shape: pair(6),
        weight: [
          [2, 2, 3, 3],
          [0.5, -1],
        ],
        stride: pair(1),
        padding: pair(0),
        dilation: pair(1),
        groups: [[], [1]],
        bias: [[2], [0.1]],
      }),
    ],
    ['b', node('IF', { r: [frame, [1]], v_threshold: [frame, [1]], v_reset: [frame, [0]] })],
    ['c', node('SumPool2d', { kernel_size: pair(2), stride: pair(2), padding: pair(0) })],
    ['d', node('Flatten', { start_dim: [[], [0]], end_dim: [[], [-1]] })],
    [
      'e',
      node('Affine', {
        weight: [
          [3, 8],
          [1, -1, 0.5],
        ],
        bias: [[3], [0.2]],
      }),
    ],
    ['f', node('LIF', { tau: [[3], [0.02]], r: [[3], [1]], v_leak: [[3], [0]], v_threshold: [[3], [1, 2]] })],
    ['output', node('Output', { shape: one(3) })],
  ]),
  chain([
    ['input', node('Input', { shape: one(4) })],
    ['a', node('Scale', { scale: [[4], [2]] })],
    ['b', node('Delay', { delay: [[4], [0.003]] })],
    ['c', node('LI', { tau: [[4], [0.02]], r: [[4], [1]], v_leak: [[4], [0.1]] })],
    ['d', node('I', { r: [[4], [1]] })],
    ['e', node('Threshold', { threshold: [[4], [0.5]] })],
    [
      'f',
      node('Linear', {
        weight: [
          [2, 4],
          [1, -1],
        ],
      }),
    ],
    [
      'g',
      node('CubaLIF', {
        tau_syn: [[2], [0.01]],
        tau_mem: [[2], [0.02]],
        r: [[2], [1]],
        v_leak: [[2], [0]],
        v_threshold: [[2], [1]],
        w_in: [[2], [1]],
      }),
    ],
    ['output', node('Output', { shape: one(2) })],
  ]),
  chain([
    ['input', node('Input', { shape: [[2], [2, 6]] })],
    [
      'a',
      node('Conv1d', {
        weight: [[1, 2, 3], [1]],
        stride: [[], [1]],
        padding: [[], [0]],
        dilation: [[], [1]],
        groups: [[], [1]],
        bias: one(0),
      }),
    ],
    ['output', node('Output', { shape: [[2], [1, 4]] })],
  ]),
]
