import type { LocalType } from '../kernel/writer.ts'

/**
 * The binary format of WebAssembly, as far as kernels need it: a module that imports a memory and exports one function.
 * @see https://webassembly.github.io/spec/core/binary/
 */
export interface MemoryLimits {
  readonly minimum: number
  readonly maximum: number
  readonly shared: boolean
}

/** Name under which every kernel imports the backend's memory. */
export const memoryImport = { module: 'spikelet', name: 'memory' }

const typeBytes: { readonly [T in LocalType]: number } = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b, wide: 0x7b }

const [typeSection, importSection, functionSection, memorySection, exportSection, codeSection, dataSection] = [
  1, 2, 3, 5, 7, 10, 11,
]
const endOfFunction = 0x0b
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** An unsigned integer in groups of seven bits (LEB128), lowest first. */
export function unsigned(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 128)
  }
}

/** A signed 32-bit integer in groups of seven bits: the last one's bit 6 is the sign. */
export function signed(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value | 0; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 127]
    bytes.push((rest & 127) | 128)
  }
}

const named = (text: string): number[] => {
  const bytes = [...new TextEncoder().encode(text)]
  return [...unsigned(bytes.length), ...bytes]
}

/** Locals in runs of one type. */
function localRuns(types: readonly LocalType[]): number[] {
  const runs: { count: number; type: number }[] = []
  for (const type of types.map((t) => typeBytes[t])) {
    const last = runs.at(-1)
    if (last?.type === type) last.count++
    else runs.push({ count: 1, type })
  }
  return [...unsigned(runs.length), ...runs.flatMap(({ count, type }) => [...unsigned(count), type])]
}

/**
 * The bytes of a module with one function `run(i32, i32)`.
 * @param limits pages of the memory that it imports
 * @param locals types of the function's locals behind its two parameters
 * @param code its instructions, without the closing `end`
 */
export function kernelModule(
  limits: MemoryLimits,
  locals: readonly LocalType[],
  code: readonly number[],
): Uint8Array<ArrayBuffer> {
  const { i32 } = typeBytes
  const memory = [2, limits.shared ? 3 : 1, ...unsigned(limits.minimum), ...unsigned(limits.maximum)]
  const declared = localRuns(locals)
  const bodySize = declared.length + code.length + 1
  const sections: [number, number[]][] = [
    [typeSection, [1, 0x60, 2, i32, i32, 0]],
    [importSection, [1, ...named(memoryImport.module), ...named(memoryImport.name), ...memory]],
    [functionSection, [1, 0]],
    [exportSection, [1, ...named('run'), 0, 0]],
    [codeSection, [1, ...unsigned(bodySize), ...declared]],
  ]
  const bytes = [...header]
  for (const [id, content] of sections) {
    const rest = id === codeSection ? code.length + 1 : 0
    bytes.push(id, ...unsigned(content.length + rest), ...content)
  }
  const module = new Uint8Array(bytes.length + code.length + 1)
  module.set(bytes)
  module.set(code, bytes.length)
  module[module.length - 1] = endOfFunction
  return module
}

/** Instructions of a function, without the closing `end`, and the types of its locals behind its parameters. */
export interface FunctionCode {
  readonly locals: readonly LocalType[]
  readonly code: readonly number[]
}

export interface ModuleFunction extends FunctionCode {
  /** Whole numbers that it takes, and whether it returns one. */
  readonly parameters: number
  readonly returns: boolean
  /** Name under which it is exported; left out: it is not. */
  readonly name?: string
}

export interface WholeModule {
  /** Called by their place in this list. */
  readonly functions: readonly ModuleFunction[]
  /** Of its memory, which it exports as `memory`. */
  readonly bytes: number
  /** What lies in memory at the start. */
  readonly data: readonly { readonly at: number; readonly bytes: Uint8Array<ArrayBuffer> }[]
}

const pageBytes = 65536

/** The bytes of a module that imports nothing and has a memory of its own. */
export function wholeModule({ functions, bytes, data }: WholeModule): Uint8Array<ArrayBuffer> {
  const { i32 } = typeBytes
  const types = functions.map(({ parameters, returns }) => [
    0x60,
    ...unsigned(parameters),
    ...Array<number>(parameters).fill(i32),
    ...(returns ? [1, i32] : [0]),
  ])
  const exported = functions.flatMap(({ name }, i) => (name === undefined ? [] : [[...named(name), 0, ...unsigned(i)]]))
  const bodies = functions.map(({ locals, code }) => {
    const declared = localRuns(locals)
    return [
      Uint8Array.from([...unsigned(declared.length + code.length + 1), ...declared]),
      Uint8Array.from(code),
      Uint8Array.of(endOfFunction),
    ]
  })
  const segments = data.map(({ at, bytes: content }) => [
    Uint8Array.from([0, 0x41, ...signed(at), endOfFunction, ...unsigned(content.length)]),
    content,
  ])
  const list = (parts: readonly (readonly number[])[]) => [
    Uint8Array.from([...unsigned(parts.length), ...parts.flat()]),
  ]
  const sections: [number, Uint8Array[]][] = [
    [typeSection, list(types)],
    [functionSection, list(functions.map((_, i) => unsigned(i)))],
    [memorySection, [Uint8Array.from([1, 0, ...unsigned(Math.ceil(bytes / pageBytes))])]],
    [exportSection, list([[...named('memory'), 2, 0], ...exported])],
    [codeSection, [Uint8Array.from(unsigned(functions.length)), ...bodies.flat()]],
    [dataSection, [Uint8Array.from(unsigned(data.length)), ...segments.flat()]],
  ]
  const parts: Uint8Array[] = [Uint8Array.from(header)]
  for (const [id, content] of sections) {
    const length = content.reduce((sum, part) => sum + part.length, 0)
    parts.push(Uint8Array.from([id, ...unsigned(length)]), ...content)
  }
  const module = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    module.set(part, at)
    at += part.length
  }
  return module
}
