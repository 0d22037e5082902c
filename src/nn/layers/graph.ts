import { UsageError } from '../../base/index.ts'
import { add } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Flow, type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { released } from '../released.ts'
import type { Run } from '../run.ts'
import { addedFrame } from './composed.ts'

/** One layer of a graph, and what it gets: the sum of what comes out of others. */
export interface GraphLayer {
  /** Also the name of its parameters. */
  readonly name: string
  readonly layer: Layer
  /** Names of nodes before it, or `input`. */
  readonly from: readonly string[]
}

/** Layers with names, each of which gets the sum of what earlier ones give: any network without loops, as data. */
export class Graph extends Layer {
  readonly type = 'graph'
  readonly nodes: readonly GraphLayer[]
  readonly output: string

  /** @throws UsageError if a node comes before one that it gets something from, or a name is taken */
  constructor(nodes: readonly GraphLayer[], output: string) {
    super()
    const known = new Set(['input'])
    for (const { name, from } of [...nodes, { name: '', from: [output] }]) {
      const missing = from.find((source) => !known.has(source))
      if (missing !== undefined || from.length === 0 || known.has(name)) {
        throw new UsageError({
          what: known.has(name) ? `a graph has two nodes "${name}"` : 'a graph reads what was not computed before',
          place: name === '' ? 'output' : `node "${name}"`,
          expected: [...known].join(', '),
          got: missing ?? 'nothing',
        })
      }
      known.add(name)
    }
    this.nodes = nodes
    this.output = output
  }

  build(input: Frame, site: Site): Frame {
    const names = new Map<Layer, string>(this.nodes.map(({ name, layer }) => [layer, name]))
    return this.follow<Frame>(input, {
      apply: (layer, frame) => site.build(names.get(layer)!, layer, frame),
      add: addedFrame,
    })
  }

  forward(x: Tensor, run: Run): Tensor {
    const readers = new Map<string, number>()
    for (const name of [...this.nodes.flatMap(({ from }) => from), this.output]) {
      readers.set(name, (readers.get(name) ?? 0) + 1)
    }
    const values = new Map<string, Tensor>([['input', x]])
    for (const { name, layer, from } of this.nodes) {
      const inputs = from.map((source) => values.get(source)!)
      const sum = sumOf(inputs, run)
      const output = layer.call(sum, run)
      values.set(name, output)
      const spent = from.filter((source) => {
        const left = readers.get(source)! - 1
        readers.set(source, left)
        return left === 0
      })
      this.release(
        run,
        [...spent.map((source) => values.get(source)!), ...(from.length > 1 ? [sum] : [])],
        values,
        spent,
      )
    }
    return values.get(this.output)!
  }

  override follow<Value>(x: Value, flow: Flow<Value>): Value {
    const values = new Map<string, Value>([['input', x]])
    for (const { name, layer, from } of this.nodes) {
      const inputs = from.map((source) => values.get(source) as Value)
      values.set(
        name,
        flow.apply(
          layer,
          inputs.reduce((a, b) => flow.add(a, b)),
        ),
      )
    }
    return values.get(this.output) as Value
  }

  config(): LayerConfig {
    const nodes = this.nodes.map(({ name, layer, from }) => ({ name, from, layer: layer.config() }))
    return { type: this.type, nodes, output: this.output }
  }

  /** Without a tape, lets go of tensors that nobody reads any more, unless another name still stands for them. */
  private release(run: Run, tensors: readonly Tensor[], values: Map<string, Tensor>, spent: readonly string[]): void {
    if (run.tape) return
    const input = values.get('input')
    for (const name of spent) if (name !== 'input') values.delete(name)
    const alive = new Set([input, ...values.values()].map((tensor) => tensor?.handle))
    for (const tensor of new Set(tensors)) if (!alive.has(tensor.handle)) run.backend.release(tensor.handle)
  }
}

function sumOf(inputs: readonly Tensor[], run: Run): Tensor {
  return inputs.reduce((sum, next) => {
    const more = add(run, sum, next)
    released(run, sum, inputs)
    return more
  })
}
