import type { Plan } from '../plan/index.ts'
import { outside, stateNames, stateShapes, stepGraph } from './graph.ts'
import { type OnnxGraph, type OnnxNode, type OnnxTensor, onnxBytes } from './model.ts'

/** Facts that a reader may want beside the graph. */
function metadata(plan: Plan): { readonly [key: string]: string } {
  const starts = Object.fromEntries(plan.states.map(({ name, start }) => [`${name}.before`, start]))
  return { network: plan.name, state_starts: JSON.stringify(starts) }
}

/**
 * A plan as an ONNX model of one time step, opset 17. It takes `frame` [N, C, H, W] (or [N, C]) and each state as
 * `NAME.before`, and gives `outputs` [N, classes] and each state as `NAME.after`. What states are before the first step stands
 * in the model's metadata under `state_starts`.
 */
export function onnxStep(plan: Plan): Uint8Array<ArrayBuffer> {
  return onnxBytes(stepGraph(plan), metadata(plan))
}

/**
 * A plan as an ONNX model of a whole sequence, opset 17: `frames` [T, N, C, H, W] (or [T, N, C]) with any T go in, `outputs`
 * [T, N, classes] and their mean over time, `logits` [N, classes], come out. Its loop over time is a Scan.
 */
export function onnxSequence(plan: Plan): Uint8Array<ArrayBuffer> {
  const body = stepGraph(plan)
  const shapes = stateShapes(plan)
  const initializers: OnnxTensor[] = []
  const nodes: OnnxNode[] = []
  if (plan.states.length > 0) {
    nodes.push({ op: 'Shape', inputs: ['frames'], outputs: ['batch'], attributes: { start: 1, end: 2 } })
  }
  const starts = plan.states.map(({ name, start }, i) => {
    const [value, rest, dims] = [`${name}.start`, `${name}.dims`, `${name}.shape`]
    const sizes = outside(shapes[i])
    initializers.push({ name: value, dims: [], values: Float32Array.of(start) })
    initializers.push({ name: rest, dims: [sizes.length], values: BigInt64Array.from(sizes, BigInt) })
    nodes.push({ op: 'Concat', inputs: ['batch', rest], outputs: [dims], attributes: { axis: 0 } })
    nodes.push({ op: 'Expand', inputs: [value, dims], outputs: [`${name}.first`] })
    return `${name}.first`
  })
  nodes.push({
    op: 'Scan',
    inputs: [...starts, 'frames'],
    outputs: [...plan.states.map(({ name }) => `${stateNames(name).after}.last`), 'outputs'],
    attributes: { body, num_scan_inputs: 1 },
  })
  nodes.push({ op: 'ReduceMean', inputs: ['outputs'], outputs: ['logits'], attributes: { axes: [0], keepdims: 0 } })
  const classes = outside(plan.values[plan.output].shape)
  const graph: OnnxGraph = {
    name: 'sequence',
    nodes,
    initializers,
    inputs: [{ name: 'frames', dims: ['T', 'N', ...outside(plan.values[0].shape)] }],
    outputs: [
      { name: 'outputs', dims: ['T', 'N', ...classes] },
      { name: 'logits', dims: ['N', ...classes] },
    ],
  }
  return onnxBytes(graph, metadata(plan))
}
