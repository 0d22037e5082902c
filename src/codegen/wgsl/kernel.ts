/**
 * How WGSL kernels are put together: bindings with functions that read them, one block of numbers, and a body. All of it is
 * text made by pure functions; the backend compiles it and keeps it by its key.
 */

/** What a buffer holds: float32 or float16 values, spike bytes (four in a word), words, or words that are changed together. */
export type Storage = 'dense' | 'half' | 'spikes' | 'words' | 'atomics'

export interface Binding {
  readonly name: string
  readonly storage: Storage
  readonly write?: boolean
  /** Dense values are read and written four at a time. */
  readonly wide?: boolean
}

/** A number that changes from call to call. */
export interface Field {
  readonly name: string
  readonly type: 'u32' | 'f32'
}

export interface KernelSource {
  readonly name: string
  readonly code: string
  /** In the order of the uniform block. */
  readonly fields: readonly Field[]
  /** Bindings 1, 2, ...; 0 is the uniform block. */
  readonly bindings: readonly Binding[]
  /** Invocations of a workgroup. */
  readonly threads: number
  /** Values that one workgroup makes, for kernels over elements. */
  readonly perWorkgroup: number
}

export interface KernelParts {
  readonly name: string
  /** Counts and sizes, u32. */
  readonly sizes?: readonly string[]
  readonly numbers?: readonly string[]
  readonly bindings: readonly Binding[]
  /** Functions, constants and workgroup memory, before `main`. */
  readonly functions?: string
  readonly body: string
  readonly threads?: number
  readonly enable?: readonly string[]
}

/** Invocations of a workgroup in kernels over elements. */
export const elementThreads = 256

/**
 * A kernel: in its body `p` is the block of numbers, `group` the number of the workgroup (counted through x and y),
 * `lane` the invocation in it, `wid` the workgroup's place; with subgroups, `subLane` is the place in one, and `subSize` its
 * size.
 */
export function kernel(parts: KernelParts): KernelSource {
  const {
    name,
    sizes = [],
    numbers = [],
    bindings,
    functions = '',
    body,
    threads = elementThreads,
    enable = [],
  } = parts
  const scales = bindings.filter((b) => b.storage === 'spikes' && !b.write).map((b) => `${b.name}Scale`)
  const fields: Field[] = [
    ...sizes.map((field): Field => ({ name: field, type: 'u32' })),
    ...[...numbers, ...scales].map((field): Field => ({ name: field, type: 'f32' })),
  ]
  const extensions = new Set([...enable, ...(bindings.some((b) => b.storage === 'half') ? ['f16'] : [])])
  const code = [
    ...[...extensions].map((feature) => `enable ${feature};`),
    `struct Numbers { ${[...fields, ...(fields.length === 0 ? [{ name: 'unused', type: 'u32' }] : [])]
      .map((field) => `${field.name}: ${field.type}`)
      .join(', ')} }`,
    '@group(0) @binding(0) var<uniform> p: Numbers;',
    ...bindings.map(
      (b, i) =>
        `@group(0) @binding(${i + 1}) var<storage, ${b.write ? 'read_write' : 'read'}> ${b.name}: ${typeOf(b)};`,
    ),
    ...bindings.flatMap(accessOf),
    functions,
    `@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) wid: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,${
    extensions.has('subgroups')
      ? '\n  @builtin(subgroup_invocation_id) subLane: u32,\n  @builtin(subgroup_size) subSize: u32,'
      : ''
  }
) {
  let group = wid.y * grid.x + wid.x;
${body}
}`,
  ]
  return { name, code: code.filter((part) => part !== '').join('\n'), fields, bindings, threads, perWorkgroup: threads }
}

/** A kernel with one invocation for each of `p.count` elements, numbered `i`. */
export function elementKernel(parts: KernelParts): KernelSource {
  const body = `  let i = group * ${parts.threads ?? elementThreads}u + lane;
  if (i >= p.count) { return; }
${parts.body}`
  return kernel({ ...parts, sizes: ['count', ...(parts.sizes ?? [])], body })
}

function typeOf({ storage, wide }: Binding): string {
  if (storage === 'dense') return wide ? 'array<vec4f>' : 'array<f32>'
  if (storage === 'half') return wide ? 'array<vec4h>' : 'array<f16>'
  return storage === 'atomics' ? 'array<atomic<u32>>' : 'array<u32>'
}

/**
 * `load_x(i)` and `load4_x(i / 4)` give float32 values, `save_x` and `save4_x` store them, however they are kept; `open_x`
 * and `open4_x` say whether the surrogate's window is open.
 */
function accessOf({ name, storage, wide, write }: Binding): string[] {
  if (storage === 'dense' || storage === 'half') {
    const [kept, value] = wide ? ['vec4h', 'vec4f'] : ['f16', 'f32']
    const four = wide ? '4' : ''
    const as = (type: string, text: string) => (storage === 'half' ? `${type}(${text})` : text)
    return [
      `fn load${four}_${name}(i: u32) -> ${value} { return ${as(value, `${name}[i]`)}; }`,
      ...(write ? [`fn save${four}_${name}(i: u32, v: ${value}) { ${name}[i] = ${as(kept, 'v')}; }`] : []),
    ]
  }
  if (storage !== 'spikes' || write) return []
  return [
    `fn load_${name}(i: u32) -> f32 { return select(0.0, p.${name}Scale, extractBits(${name}[i >> 2u], (i & 3u) * 8u, 1u) != 0u); }`,
    `fn open_${name}(i: u32) -> bool { return extractBits(${name}[i >> 2u], (i & 3u) * 8u + 1u, 1u) != 0u; }`,
    `fn load4_${name}(q: u32) -> vec4f { return select(vec4f(), vec4f(p.${name}Scale), (vec4u(${name}[q]) & vec4u(0x1u, 0x100u, 0x10000u, 0x1000000u)) != vec4u()); }`,
    `fn open4_${name}(q: u32) -> vec4<bool> { return (vec4u(${name}[q]) & vec4u(0x2u, 0x200u, 0x20000u, 0x2000000u)) != vec4u(); }`,
  ]
}

/** A float32 number as WGSL writes it. */
export function literal(value: number): string {
  const text = String(Math.fround(value))
  return /^-?\d+$/.test(text) ? `${text}.0f` : `${text}f`
}
