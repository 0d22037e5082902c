import {
  dependencies,
  hasNeurons,
  hasSteps,
  type Neuron,
  noisePlaces,
  type Program,
  readByAdjoint,
  type Truncation,
  type ValueId,
} from '../../equations/index.ts'
import { type Binding, elementKernel, type KernelSource, literal, type Storage } from './kernel.ts'
import { noiseFunctions } from './noise.ts'
import { functionsOf, type Given, stepText } from './step.ts'

/**
 * Neuron kernels: each invocation takes one neuron, or four neighbouring channels, through all T steps with its state in
 * registers. Backward computes the states again, in chunks of steps so that neither code nor registers grow with T, and
 * takes spikes and windows from the stored bytes, so that both passes see the same spikes.
 */
export interface NeuronKernelOptions {
  readonly neuron: Neuron
  readonly T: number
  /** Four neurons at once; needs channels divisible by 4. */
  readonly wide: boolean
  /** How x is stored. */
  readonly x: Storage
  /** How dense outputs are stored; backward, the gradient of x. */
  readonly result: Storage
  /** Backward: how the gradient of the output is stored. */
  readonly gradient?: Storage
  /** x is one frame that is repeated. */
  readonly repeated: boolean
  /** Normalised with a table of groups: `null` none, `one` for all steps, `step` one a step. */
  readonly table: null | 'one' | 'step'
  /** Whether start states are given. */
  readonly given: boolean
  /** Forward: whether last states are wanted. Backward: whether their gradients are given. */
  readonly last: boolean
  /** Whether `noise()` is drawn; else it is 0. */
  readonly noisy?: boolean
  /** Backward: how far back in time gradients travel; null: all the way. */
  readonly truncation?: Truncation | null
}

/** Steps of a chunk of the backward kernel, so that the values it keeps stay in registers. */
function chunksOf({ program, adjoint }: Neuron, T: number): { count: number; steps: number; tail: number } {
  const kept = Math.max(1, readByAdjoint(program, adjoint).length)
  const most = Math.max(1, Math.min(8, Math.floor(24 / kept)))
  const count = Math.ceil(T / most)
  const steps = Math.ceil(T / count)
  const used = Math.ceil(T / steps)
  return { count: used, steps, tail: T - (used - 1) * steps }
}

/** The packed values of learnable parameters, and where each starts. */
function parameterText(program: Program, index: number): string {
  const { scope } = program.parameters[index]
  const at = `p.parameter${index}`
  if (scope === 'layer') return `V(learned[${at}])`
  if (scope === 'step') return `V(learned[${at} + t])`
  if (scope === 'neuron') return `channelValues(${at} + (i % p.frame) * W)`
  const row = scope === 'channel' ? at : `${at} + t * p.columns * W`
  return `channelValues(${row} + c * W)`
}

class NeuronText {
  readonly o: NeuronKernelOptions
  readonly program: Program

  constructor(options: NeuronKernelOptions) {
    this.o = options
    this.program = options.neuron.program
  }

  /** Types and functions that both directions share. */
  functions(output: boolean): string {
    const { wide } = this.o
    const lines = [
      wide ? 'alias V = vec4f;\nconst W = 4u;' : 'alias V = f32;\nconst W = 1u;',
      ...functionsOf([...this.program.instructions, ...this.o.neuron.adjoint.instructions]),
      ...(this.noisy ? [noiseFunctions(wide)] : []),
      `fn current(q: u32) -> V { return ${wide ? 'load4_x(q)' : 'load_x(q)'}; }`,
    ]
    if (this.program.parameters.length > 0) {
      const values = wide ? 'V(learned[at], learned[at + 1u], learned[at + 2u], learned[at + 3u])' : 'learned[at]'
      lines.push(`fn channelValues(at: u32) -> V { return ${values}; }`)
    }
    if (output && this.program.spiking) {
      lines.push(
        wide
          ? `fn bits(q: u32, k: u32) -> V { return V((vec4u(bytes[q]) >> (vec4u(0u, 8u, 16u, 24u) + vec4u(k))) & vec4u(1u)); }`
          : `fn bits(q: u32, k: u32) -> V { return f32(extractBits(bytes[q >> 2u], (q & 3u) * 8u + k, 1u)); }`,
      )
    }
    return lines.join('\n')
  }

  get fields(): string[] {
    return [
      'columns',
      ...(this.o.table ? ['groups'] : []),
      ...(this.program.parameters.some(hasNeurons) ? ['frame'] : []),
      ...(this.noisy ? ['noiseKey', 'noiseStep'] : []),
      ...this.program.parameters.map((_, i) => `parameter${i}`),
    ]
  }

  private get noisy(): boolean {
    return Boolean(this.o.noisy) && noisePlaces(this.program.instructions) > 0
  }

  get inputs(): Binding[] {
    const { wide, x, table, given } = this.o
    return [
      { name: 'x', storage: x, wide },
      ...(table ? [{ name: 'table', storage: 'dense', wide } as const] : []),
      ...(this.program.parameters.length > 0 ? [{ name: 'learned', storage: 'dense' } as const] : []),
      ...(given ? [{ name: 'given', storage: 'dense', wide } as const] : []),
    ]
  }

  /** Reads the current of step t. */
  current(): string {
    const { table, repeated } = this.o
    const at = repeated ? 'i' : 't * p.count + i'
    if (!table) return `current(${at})`
    const row = table === 'step' ? 't * p.columns + c' : 'c'
    const plane = 'p.groups * p.columns'
    return `(current(${at}) - table[${row}]) * table[${plane} + ${row}] + table[2u * ${plane} + c]`
  }

  /** What a step takes from outside: state variables, current, parameters. */
  given(x: string): Given {
    return ({ op, index = 0 }) => {
      if (op === 'input') return x
      if (op === 'state') return `s${index}`
      if (op === 'noise' && this.noisy) {
        return `noiseOf((p.noiseStep + t) * ${noisePlaces(this.program.instructions)}u + ${index}u, i)`
      }
      return op === 'parameter' ? parameterText(this.program, index) : undefined
    }
  }

  /** As `given`; the spike and its window come from the stored bytes. */
  stored(x: string): Given {
    const given = this.given(x)
    return (instruction, id) =>
      this.program.spiking && instruction.op === 'spike' ? 'bits(t * p.count + i, 0u)' : given(instruction, id)
  }

  startStates(): string[] {
    return this.program.states.map(({ start }, k) =>
      this.o.given ? `var s${k} = given[${k}u * p.count + i];` : `var s${k} = V(${literal(start)});`,
    )
  }

  nextStates(name: (id: ValueId) => string): string[] {
    return this.program.states.map(({ next }, k) => `s${k} = ${name(next)};`)
  }
}

const indented = (lines: readonly string[], by: number): string =>
  lines.flatMap((line) => line.split('\n').map((part) => ' '.repeat(by) + part)).join('\n')

/** Forward: bytes (spiking programs) or float32, and the last states, one after another, where they are wanted. */
export function neuronForward(options: NeuronKernelOptions): KernelSource {
  const text = new NeuronText(options)
  const { program } = text
  const { wide, T, last } = options
  const name = (id: ValueId) => `v${id}`
  const output: Binding = program.spiking
    ? { name: 'result', storage: wide ? 'words' : 'atomics', write: true }
    : { name: 'result', storage: options.result, write: true, wide }
  const body = [
    'let c = i % p.columns;',
    ...text.startStates(),
    `for (var t = 0u; t < ${T}u; t++) {`,
    indented(
      [
        ...stepText(program.instructions, 0, name, text.given(text.current())),
        ...store(program, wide, name),
        ...text.nextStates(name),
      ],
      2,
    ),
    '}',
    ...(last ? program.states.map((_, k) => `lastStates[${k}u * p.count + i] = s${k};`) : []),
  ]
  return elementKernel({
    name: `neuron ${options.neuron.name}`,
    sizes: text.fields,
    bindings: [
      ...text.inputs,
      output,
      ...(last && program.states.length > 0
        ? [{ name: 'lastStates', storage: 'dense', write: true, wide } as const]
        : []),
    ],
    functions: text.functions(false),
    body: indented(body, 2),
  })
}

/** Writes a step's output: four bytes as a word, or one byte into a cleared one. */
function store(program: Program, wide: boolean, name: (id: ValueId) => string): string[] {
  const at = 't * p.count + i'
  if (!program.spiking) return [`${wide ? 'save4' : 'save'}_result(${at}, ${name(program.output)});`]
  const argument = name(program.instructions[program.output].args[0])
  const open = program.window === undefined ? 'true' : `abs(${argument}) <= V(${literal(program.window)})`
  if (wide) {
    return [
      `let fired = select(vec4u(), vec4u(0x1u, 0x100u, 0x10000u, 0x1000000u), ${argument} >= V(0.0));`,
      `let open = select(vec4u(), vec4u(0x2u, 0x200u, 0x20000u, 0x2000000u), ${
        program.window === undefined ? 'vec4<bool>(true)' : open
      });`,
      'let word = fired | open;',
      `result[${at}] = word.x | word.y | word.z | word.w;`,
    ]
  }
  return [
    `let byte = select(0u, 1u, ${argument} >= 0.0) | select(0u, 2u, ${open});`,
    `let place = ${at};`,
    'atomicOr(&result[place >> 2u], byte << ((place & 3u) * 8u));',
  ]
}

/** Values per neuron that the backward kernel leaves for later sums, one after another: see `neuronBackward`. */
export function extraRows(program: Program, T: number): { at: number; rows: number }[] {
  let at = 0
  return program.parameters.map((parameter) => {
    const rows = hasSteps(parameter) ? T : 1
    const place = { at, rows }
    at += rows
    return place
  })
}

/**
 * Backward. `result` gets dL/d(normalised current). `extra` gets, in rows of one value a neuron: each parameter's share,
 * summed over steps or one a step, and then the gradients of the start states where they were given. `given` holds start
 * states, `after` the gradients of the last ones.
 */
export function neuronBackward(options: NeuronKernelOptions): KernelSource {
  const text = new NeuronText(options)
  const { program } = text
  const { neuron, wide, repeated, last, given, T } = options
  const { count, steps, tail } = chunksOf(neuron, T)
  const extra = extraRows(program, T)
  const states = program.states.map((_, k) => k)
  const hasExtra = extra.length > 0 || (given && states.length > 0)
  const whole = steps * (count - 1)
  const body = [
    'let c = i % p.columns;',
    ...text.startStates(),
    ...states.map((k) => `var g${k} = ${last ? `after[${k}u * p.count + i]` : 'V(0.0)'};`),
    ...(repeated ? ['var summed = V(0.0);'] : []),
    ...extra.flatMap(({ rows }, k) => (rows === 1 ? [`var share${k} = V(0.0);`] : [])),
    ...(options.truncation && states.length > 0
      ? truncated(text, options.truncation)
      : [...(count > 1 ? keepStarts(text, whole, steps) : []), '{', indented(chunk(text, `${whole}u`, tail), 2), '}']),
    ...(count > 1 && !(options.truncation && states.length > 0)
      ? [
          `for (var n = ${count - 1}u; n > 0u; n--) {`,
          indented(
            [
              ...states.map((k) => `s${k} = starts[(n - 1u) * ${states.length}u + ${k}u];`),
              ...chunk(text, `(n - 1u) * ${steps}u`, steps),
            ],
            2,
          ),
          '}',
        ]
      : []),
    ...(repeated ? [`${wide ? 'save4' : 'save'}_result(i, summed);`] : []),
    ...extra.flatMap(({ at, rows }, k) => (rows === 1 ? [`extra[${at}u * p.count + i] = share${k};`] : [])),
    ...(given ? states.map((k) => `extra[(${rowsOf(extra)}u + ${k}u) * p.count + i] = g${k};`) : []),
  ]
  return elementKernel({
    name: `neuron ${neuron.name} backward`,
    sizes: text.fields,
    bindings: [
      ...text.inputs,
      ...(program.spiking ? [{ name: 'bytes', storage: 'words' } as const] : []),
      { name: 'gradient', storage: options.gradient ?? 'dense', wide },
      ...(last && states.length > 0 ? [{ name: 'after', storage: 'dense', wide } as const] : []),
      { name: 'result', storage: options.result, write: true, wide },
      ...(hasExtra ? [{ name: 'extra', storage: 'dense', write: true, wide } as const] : []),
    ],
    functions: text.functions(true),
    body: indented(body, 2),
  })
}

function rowsOf(extra: readonly { rows: number }[]): number {
  return extra.reduce((sum, { rows }) => sum + rows, 0)
}

/** Runs forward once, keeping the states at the start of each chunk; ends with those of the last. */
function keepStarts(text: NeuronText, whole: number, steps: number): string[] {
  const { program } = text
  const size = program.states.length
  if (size === 0) return []
  const name = (id: ValueId) => `v${id}`
  const stored = text.stored('x')
  const needed = dependencies(
    program.instructions,
    program.states.map((s) => s.next),
    (instruction, id) => stored(instruction, id) !== undefined,
  )
  return [
    `var starts: array<V, ${(whole / steps) * size}>;`,
    `for (var t = 0u; t < ${whole}u; t++) {`,
    indented(
      [
        `if (t % ${steps}u == 0u) { ${program.states
          .map((_, k) => `starts[t / ${steps}u * ${size}u + ${k}u] = s${k};`)
          .join(' ')} }`,
        `let x = ${text.current()};`,
        ...stepText(program.instructions, 0, name, stored, needed),
        ...text.nextStates(name),
      ],
      2,
    ),
    '}',
  ]
}

/** One step forward from the states as they are, each value under a name of its own; the spike comes from its byte. */
function forwardStep(text: NeuronText, k: number, t: string): string[] {
  const { program, o } = text
  const stored = text.stored('x')
  const needed = dependencies(
    program.instructions,
    [...readByAdjoint(program, o.neuron.adjoint), ...program.states.map((s) => s.next)],
    (instruction, id) => stored(instruction, id) !== undefined,
  )
  const name = (id: ValueId) => `v${k}_${id}`
  const at = (line: string) => line.replace(/\bt\b/g, `t${k}`)
  return [
    `let t${k} = ${t};`,
    at(`let x${k} = ${text.current()};`),
    ...stepText(program.instructions, 0, name, text.stored(`x${k}`), needed).map(at),
    ...text.nextStates(name),
  ]
}

/** Steps `first` up to `first + steps` forward, then their adjoint back again. */
function chunk(text: NeuronText, first: string, steps: number): string[] {
  const all = Array.from({ length: steps }, (_, k) => k)
  const forward = all.flatMap((k) => forwardStep(text, k, `${first} + ${k}u`))
  const backward = all.reverse().flatMap((k) => {
    const { values, results, states } = reverseStep(text, k)
    return [...values, ...results, ...states]
  })
  return [...forward, ...backward]
}

/**
 * Gradients that travel a few steps only: for each step, from the last step that still reaches it back to it. Where that
 * one stays the same, the way back just goes on.
 */
function truncated(text: NeuronText, { k, kind }: Truncation): string[] {
  const { program, o } = text
  const { T, last } = o
  const states = program.states.map((_, i) => i)
  const reach = kind === 'window' ? `min(t + ${k - 1}, ${T - 1})` : `select(t, ${Math.min(k, T) - 1}, t < ${k})`
  const { values, results, states: next } = reverseStep(text, 0)
  const atEnd = o.wide ? `vec4<bool>(end == ${T - 1})` : `end == ${T - 1}`
  const start = (i: number) => (last ? `select(V(0.0), after[${i}u * p.count + i], ${atEnd})` : 'V(0.0)')
  return [
    ...keepStarts(text, T, 1),
    'var reached = -1;',
    `for (var t = ${T - 1}; t >= 0; t--) {`,
    indented(
      [
        `let end = ${reach};`,
        'var later = t;',
        'if (end != reached) {',
        ...states.map((i) => `  g${i} = ${start(i)};`),
        '  later = end;',
        '  reached = end;',
        '}',
        'for (; later >= t; later--) {',
        indented(
          [
            ...states.map((i) => `s${i} = starts[u32(later) * ${states.length}u + ${i}u];`),
            ...forwardStep(text, 0, 'u32(later)'),
            ...values,
            'if (later == t) {',
            indented(results, 2),
            '}',
            ...next,
          ],
          2,
        ),
        '}',
      ],
      2,
    ),
    '}',
  ]
}

/** The adjoint of step k of a chunk. */
function reverseStep(text: NeuronText, k: number): { values: string[]; results: string[]; states: string[] } {
  const { program, o } = text
  const { adjoint } = o.neuron
  const name = (id: ValueId) => `v${k}_${id}`
  const given: Given = ({ op, index = 0 }) => {
    if (op === 'outputGradient') return `${o.wide ? 'load4' : 'load'}_gradient(t${k} * p.count + i)`
    if (op === 'stateGradient') return `g${index}`
    return op === 'window' && program.spiking ? `bits(t${k} * p.count + i, 1u)` : undefined
  }
  const extra = extraRows(program, o.T)
  return {
    values: stepText(adjoint.instructions, program.instructions.length, name, given),
    results: [
      o.repeated
        ? `summed += ${name(adjoint.input)};`
        : `${o.wide ? 'save4' : 'save'}_result(t${k} * p.count + i, ${name(adjoint.input)});`,
      ...adjoint.parameters.map((id, i) =>
        extra[i].rows === 1
          ? `share${i} += ${name(id)};`
          : `extra[(${extra[i].at}u + t${k}) * p.count + i] = ${name(id)};`,
      ),
    ],
    states: adjoint.states.map((id, i) => `g${i} = ${name(id)};`),
  }
}
