import { isLocal, type Local, type Value } from '../kernel/value.ts'
import type { Block, KernelFunction, LocalType, Statement, Target } from '../kernel/writer.ts'
import { type MemoryLimits, memoryImport } from './module.ts'
import { lane, memory, plain } from './opcodes.ts'

/** Kernels in the text format of WebAssembly (WAT), for people to read; assembled, it is what `wasmTarget` writes. */

/** Names of the text format, where they are not those of our operations. */
const names: { readonly [op: string]: string } = {
  'i32.div': 'i32.div_u',
  'i32.rem': 'i32.rem_u',
  'i32.shrU': 'i32.shr_u',
  'i32.ltU': 'i32.lt_u',
  'i32.ltS': 'i32.lt_s',
  'i32.geU': 'i32.ge_u',
  'i32.gtU': 'i32.gt_u',
  'i32.load8U': 'i32.load8_u',
  'i32.atomicAdd': 'i32.atomic.rmw.add',
  'f64.promote': 'f64.promote_f32',
  'v128.select': 'v128.bitselect',
  'v128.anyTrue': 'v128.any_true',
  'v128.load32Splat': 'v128.load32_splat',
  'v128.load32Zero': 'v128.load32_zero',
  'v128.load64Zero': 'v128.load64_zero',
  'wide.load': 'v128.load',
  'wide.store': 'v128.store',
  'wide.loadOne': 'v128.load32_zero',
  'wide.loadSplat': 'v128.load32_splat',
  'f32x4.min': 'f32x4.pmin',
  'f32x4.max': 'f32x4.pmax',
  'f32x4.fromInteger': 'f32x4.convert_i32x4_s',
  'f32x4.relaxedMadd': 'f32x4.relaxed_madd',
  'f32x4.lane': 'f32x4.extract_lane',
  'f64x2.promoteLow': 'f64x2.promote_low_f32x4',
  'f64x2.lane': 'f64x2.extract_lane',
  'i32x4.gtS': 'i32x4.gt_s',
  'i32x4.shrU': 'i32x4.shr_u',
  'i32x4.extendLowU16': 'i32x4.extend_low_i16x8_u',
  'i32x4.lane': 'i32x4.extract_lane',
  'i16x8.extendLowU8': 'i16x8.extend_low_i8x16_u',
  'i16x8.narrowU': 'i16x8.narrow_i32x4_u',
  'i8x16.narrowU': 'i8x16.narrow_i16x8_u',
}

const types: { readonly [T in LocalType]: string } = { i32: 'i32', f32: 'f32', f64: 'f64', v128: 'v128', wide: 'v128' }

/** A float that the text format reads back to the same bits. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return Object.is(value, -0) ? '-0' : `${value}`
}

const repeated = (text: string, count: number): string => Array<string>(count).fill(text).join(' ')
const offsetText = (offset = 0): string => (offset === 0 ? '' : ` offset=${offset}`)

/** Expressions that are not one instruction around its operands. */
const special: { readonly [op: string]: (value: Value) => string } = {
  'i32.const': ({ literal }) => `(i32.const ${literal})`,
  'f32x4.const': ({ literal }) => `(v128.const f32x4 ${repeated(floatText(Math.fround(literal as number)), 4)})`,
  'f64x2.const': ({ literal }) => `(v128.const f64x2 ${repeated(floatText(literal as number), 2)})`,
  'i32x4.const': ({ literal }) => `(v128.const i32x4 ${repeated(String(literal), 4)})`,
  'i32x4.constLanes': ({ literal }) => `(v128.const i32x4 ${(literal as readonly number[]).join(' ')})`,
  'i8x16.const': ({ literal }) => `(v128.const i8x16 ${repeated(String(literal), 16)})`,
  'wide.fold': ({ args: [a] }) => expression(a),
  'v128.store32': ({ args: [address, value], offset }) => storeLane(0, address, value, offset),
  'wide.storeOne': ({ args: [address, value], offset }) => storeLane(0, address, value, offset),
  'wide.loadBytes': ({ args: [address], offset }) => {
    const bytes = `(v128.load32_zero${offsetText(offset)} ${expression(address)})`
    return `(i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u ${bytes}))`
  },
  'wide.loadDoubles': ({ args: [address], offset }) =>
    `(f64x2.promote_low_f32x4 (v128.load64_zero${offsetText(offset)} ${expression(address)}))`,
  'wide.storeBytes': ({ args: [address, value], offset }) => {
    const lanes = expression(value)
    const bytes = `(i8x16.narrow_i16x8_u (i16x8.narrow_i32x4_u ${lanes} ${lanes}) ${lanes})`
    return `(v128.store32_lane${offsetText(offset)} 0 ${expression(address)} ${bytes})`
  },
  'wide.storeSome': ({ args: [address, value, count], offset = 0 }) =>
    [0, 1, 2]
      .map((i) => {
        const stored = storeLane(i, address, value, offset + 4 * i)
        return `(if (i32.gt_u ${expression(count)} (i32.const ${i})) (then ${stored}))`
      })
      .join(' '),
}

function storeLane(number: number, address: Value, value: Value, offset?: number): string {
  return `(v128.store32_lane${offsetText(offset)} ${number} ${expression(address)} ${expression(value)})`
}

function expression(value: Value): string {
  const { op, args, offset, literal } = value
  if (isLocal(value)) return `(local.get ${value.index})`
  if (special[op]) return special[op](value)
  if (!plain[op] && !memory[op] && !lane[op]) throw new Error(`no WebAssembly for ${op}`)
  const immediate = lane[op] ? ` ${[literal].flat().join(' ')}` : memory[op] ? offsetText(offset) : ''
  return `(${names[op] ?? op}${immediate}${args.map((a) => ` ${expression(a)}`).join('')})`
}

function block(statements: Block, by: string): string[] {
  return statements.flatMap((s) => statement(s, by))
}

function statement(s: Statement, by: string): string[] {
  const inner = `${by}  `
  if (s.kind === 'do') return [`${by}${expression(s.value)}`]
  if (s.kind === 'set') return [`${by}(local.set ${s.local.index} ${expression(s.value)})`]
  if (s.kind === 'fill') {
    return [`${by}(memory.fill ${[s.address, s.byte, s.bytes].map(expression).join(' ')})`]
  }
  if (s.kind === 'if') {
    const otherwise = s.otherwise ? [`${inner}(else`, ...block(s.otherwise, `${inner}  `), `${inner})`] : []
    return [
      `${by}(if ${expression(s.condition)}`,
      `${inner}(then`,
      ...block(s.body, `${inner}  `),
      `${inner})`,
      ...otherwise,
      `${by})`,
    ]
  }
  const again = (to: string) => [
    `${to}(loop`,
    ...block(s.body, `${to}  `),
    `${to}  (br_if 0 ${expression(s.condition)})`,
    `${to})`,
  ]
  if (!s.guarded) return again(by)
  return [`${by}(block`, `${inner}(br_if 0 (i32.eqz ${expression(s.condition)}))`, ...again(inner), `${by})`]
}

function moduleText({ minimum, maximum, shared }: MemoryLimits, { locals, body }: KernelFunction): string {
  const { module, name } = memoryImport
  const declared = locals.slice(2).map((l: Local) => types[l.type as LocalType])
  return [
    '(module',
    `  (import "${module}" "${name}" (memory ${minimum} ${maximum}${shared ? ' shared' : ''}))`,
    '  (func (export "run") (param i32 i32)',
    ...(declared.length > 0 ? [`    (local ${declared.join(' ')})`] : []),
    ...block(body, '    '),
    '  )',
    ')',
    '',
  ].join('\n')
}

/** Kernels as text, in UTF-8. @param limits pages of the memory that they import */
export function watTarget(limits: MemoryLimits): Target {
  return {
    lanes: 4,
    constantsInLocals: true,
    prefetches: false,
    emit: (kernel) => new TextEncoder().encode(moduleText(limits, kernel)),
  }
}
