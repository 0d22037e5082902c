/** Numbers of a node, row-major. */
export interface NirArray {
  /** None for a single number. */
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array | Int32Array
}

export const nodeTypes = [
  'Affine',
  'AvgPool2d',
  'Conv1d',
  'Conv2d',
  'CubaLI',
  'CubaLIF',
  'Delay',
  'Flatten',
  'I',
  'IF',
  'Input',
  'LI',
  'LIF',
  'Linear',
  'Output',
  'Scale',
  'SumPool2d',
  'Threshold',
] as const

export type NirType = (typeof nodeTypes)[number]

/** One node: its type, its arrays and texts by name, and what others wrote beside them. */
export interface NirNode {
  readonly type: NirType
  readonly fields: ReadonlyMap<string, NirArray | string>
  readonly metadata?: { readonly [name: string]: string }
}

/** A graph of the Neuromorphic Intermediate Representation, without nested graphs. Where edges meet, values are summed. */
export interface NirGraph {
  readonly version: string
  readonly nodes: ReadonlyMap<string, NirNode>
  readonly edges: readonly (readonly [from: string, to: string])[]
}

/**
 * How well a node was carried over: `faithful`: the same equations, exactly, at steps of dt; `approximate`: something
 * differs, and `why` says what; `refused`: it cannot be carried over.
 */
export interface NirLabel {
  readonly node: string
  readonly type: string
  readonly label: 'faithful' | 'approximate' | 'refused'
  /** What differs; or what became of the node. */
  readonly why: string
}
