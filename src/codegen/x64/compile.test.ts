import v8 from 'node:v8'
import { describe, expect, it } from 'vitest'
import { instantiate } from '../../backends/wasm/worker-loop.ts'
import { Random } from '../../base/index.ts'
import { nativeCode } from '../../hosts/node/node-native.ts'
import { f32, f32x4, i32, i32x4, type Local, type Value, v128, wide } from '../kernel/value.ts'
import { assemble, type Target, type Writer } from '../kernel/writer.ts'
import { wasmTarget } from '../wasm/emit.ts'
import { avx2Target } from './avx2.ts'
import { avx512Target } from './avx512.ts'

v8.setFlagsFromString('--experimental-wasm-relaxed-simd')
const limits = { minimum: 2, maximum: 6, shared: false }
const slots = 64
const slotBytes = 64

/** Memory of slots whose first 16 bytes hold floats and small integers alike. */
function freshMemory(seed: number): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 6 })
  const r = random(seed)
  const [floats, words] = [new Float32Array(memory.buffer), new Int32Array(memory.buffer)]
  for (let i = 0; i < (slots * slotBytes) / 4; i++) {
    if (r(2) === 0) floats[i] = (r(2001) - 1000) / (1 + r(50))
    else words[i] = r(2 ** 31) - r(2 ** 31)
  }
  return memory
}

/** Whole numbers below the one given. */
type Below = (below: number) => number

function random(seed: number): Below {
  const source = new Random(seed)
  return (below) => source.below(below)
}

const pick = <Item>(r: Below, items: readonly Item[]): Item => items[r(items.length)]

/** A random kernel over slots of memory: every operation the emitters share, nested, in loops and branches. */
class Generator {
  private readonly integers: Local[]
  private readonly wides: Local[]
  private readonly fours: Local[]
  private readonly w: Writer
  private readonly r: Below
  /** How deep vector expressions nest. */
  private readonly depth: number

  constructor(w: Writer, r: Below, depth: number) {
    this.w = w
    this.r = r
    this.depth = depth
    this.integers = Array.from({ length: 16 }, () => w.i32())
    this.wides = Array.from({ length: 34 }, () => w.wide())
    this.fours = Array.from({ length: 8 }, () => w.v128())
    // Half of them start from memory, the others at 0.
    const at = () => i32.const(r(slots) * slotBytes)
    for (const local of this.integers) if (r(2)) w.set(local, i32.load(at()))
    for (const local of this.wides) if (r(2)) w.set(local, wide.load(at()))
    for (const local of this.fours) if (r(2)) w.set(local, v128.load(at()))
  }

  private slot(): Value {
    return i32.shl(i32.and(this.integer(1), i32.const(slots - 1)), i32.const(6))
  }

  private integer(depth: number): Value {
    const { r } = this
    if (depth === 0 || r(4) === 0) return r(3) === 0 ? i32.const(r(100) - 50) : pick(r, this.integers)
    const [a, b] = [this.integer(depth - 1), this.integer(depth - 1)]
    const two = [
      i32.add,
      i32.sub,
      i32.mul,
      i32.and,
      i32.or,
      i32.eq,
      i32.ne,
      i32.ltU,
      i32.ltS,
      i32.geU,
      i32.gtU,
      i32.add,
    ]
    return pick(r, [
      () => pick(r, two)(a, b),
      () => pick(r, two)(a, b),
      () => i32.div(a, i32.or(b, i32.const(1))),
      () => i32.rem(a, i32.const(1 + r(9))),
      () => i32.shl(a, i32.const(r(31))),
      () => i32.shrU(a, i32.const(r(31))),
      () => i32.popcnt(a),
      () => i32.eqz(a),
      () => i32.load(this.slot(), 4 * r(4)),
      () => i32.load8U(this.slot(), r(16)),
      () => i32x4.lane(0, pick(r, this.wides)),
    ])()
  }

  private leaf(kind: 'wide' | 'v128', constants: boolean): Value {
    const { r } = this
    if (constants && r(3) === 0) return pick(r, [f32x4.const(r(9) / 4), i32x4.const(r(999) - 500)])
    return pick(r, kind === 'wide' ? this.wides : this.fours)
  }

  /** Constants alone have no width: the first operand is never one. */
  private operands(kind: 'wide' | 'v128', depth: number, make: 'bits' | 'floats'): [Value, Value, Value] {
    const operand = (constants: boolean): Value => {
      if (depth === 0 || this.r(4) === 0) return this.leaf(kind, constants)
      return this[make](kind, depth - 1)
    }
    return [operand(false), operand(true), operand(true)]
  }

  private comparison(a: Value, b: Value): Value {
    return pick(this.r, [f32x4.eq, f32x4.lt, f32x4.le, f32x4.gt, f32x4.ge, i32x4.eq, i32x4.gtS])(a, b)
  }

  /** Operations whose result is the same to the last bit whatever a NaN looks like. */
  private bits(kind: 'wide' | 'v128', depth: number): Value {
    const { r } = this
    const [a, b, c] = this.operands(kind, depth, 'bits')
    const two = [v128.and, v128.andnot, v128.or, v128.xor, i32x4.add, i32x4.sub, i32x4.mul]
    return pick(r, [
      () => pick(r, two)(a, b),
      () => pick(r, two)(a, b),
      () => this.comparison(a, b),
      () => v128.and(this.comparison(a, b), c),
      () => v128.select(a, b, this.comparison(a, c)),
      () => v128.select(a, b, c),
      () => pick(r, [f32x4.abs, f32x4.neg, f32x4.fromInteger])(a),
      () => pick(r, [i32x4.shl, i32x4.shrU])(a, i32.const(r(31))),
      () => (kind === 'wide' ? wide.load(this.slot()) : v128.load(this.slot())),
      () => (kind === 'wide' ? wide.loadBytes(this.slot()) : v128.load32Splat(this.slot(), 4 * r(4))),
      () => (kind === 'wide' ? f32x4.splatWide : f32x4.splat)(f32.load(this.slot(), 4)),
      () => (kind === 'wide' ? i32x4.splatWide : i32x4.splat)(this.integer(1)),
    ])()
  }

  private floats(kind: 'wide' | 'v128', depth: number): Value {
    const { r, w } = this
    const [a, b, c] = this.operands(kind, depth, 'floats')
    const two = [f32x4.add, f32x4.sub, f32x4.mul, f32x4.div, f32x4.min, f32x4.max]
    return pick(r, [
      () => pick(r, two)(a, b),
      () => pick(r, two)(a, b),
      () => v128.select(a, b, pick(r, [f32x4.eq, f32x4.lt, f32x4.ge])(a, c)),
      () => f32x4.sqrt(a),
      () => w.multiplyAdd(a, b, c),
      () => w.multiplyAdd(a, b, this.leaf(kind, false)),
    ])()
  }

  /** Sets a vector; a NaN becomes 0, since its bits depend on the order of operands. */
  private setVector(kind: 'wide' | 'v128'): void {
    const { r, w } = this
    const target = pick(r, kind === 'wide' ? this.wides : this.fours)
    const choice = r(3)
    if (choice === 0) {
      w.set(target, this.bits(kind, this.depth - r(2)))
      return
    }
    if (choice === 1) w.set(target, this.floats(kind, this.depth))
    else w.set(target, w.multiplyAdd(this.leaf(kind, false), this.leaf(kind, true), target))
    w.set(target, v128.and(f32x4.eq(target, target), target))
  }

  statement(depth: number): void {
    const { r, w } = this
    const choice = r(depth > 0 ? 12 : 9)
    if (choice < 3) w.set(pick(r, this.integers), this.integer(2))
    else if (choice < 7) this.setVector(choice < 6 ? 'wide' : 'v128')
    else if (choice < 8) {
      const kind = pick(r, ['wide', 'v128'] as const)
      w.do((kind === 'wide' ? wide.store : v128.store)(this.slot(), this.bits(kind, 1)))
    } else if (choice < 9) {
      const one = pick(r, [
        () => i32.store(this.slot(), this.integer(2), 4),
        () => i32.store8(this.slot(), this.integer(1), 3),
        () => wide.storeOne(this.slot(), pick(r, this.wides)),
        () => v128.store32(this.slot(), pick(r, this.fours)),
      ])
      w.do(one())
    } else if (choice < 11) {
      w.if(this.integer(2), () => this.statements(depth - 1), r(2) ? () => this.statements(depth - 1) : undefined)
    } else {
      const i = w.i32()
      w.for(i, i32.const(0), i32.const(1 + r(4)), i32.const(1), () => this.statements(depth - 1))
    }
  }

  statements(depth: number): void {
    const count = 1 + this.r(6)
    for (let i = 0; i < count; i++) this.statement(depth)
  }

  /** Stores every local, so that nothing that was computed goes unseen. */
  finish(): void {
    const at = (i: number) => i32.const((slots + i) * slotBytes)
    this.integers.forEach((local, i) => this.w.do(i32.store(at(i), local)))
    this.wides.forEach((local, i) => this.w.do(wide.store(at(20 + i), local)))
    this.fours.forEach((local, i) => this.w.do(v128.store(at(60 + i), local)))
  }
}

function generated(target: Target, seed: number, depth: number) {
  return assemble(
    target,
    (w) => {
      const generator = new Generator(w, random(seed), depth)
      for (let i = 0; i < 6; i++) generator.statements(3)
      generator.finish()
    },
    true,
  )
}

/** First 16 bytes of every slot; one NaN is as good as another. */
function seen(memory: WebAssembly.Memory): string[] {
  const [floats, words] = [new Float32Array(memory.buffer), new Int32Array(memory.buffer)]
  const lanes = []
  for (let slot = 0; slot < slots + 70; slot++) {
    for (let i = 0; i < 4; i++) {
      const at = (slot * slotBytes) / 4 + i
      lanes.push(Number.isNaN(floats[at]) ? 'NaN' : String(words[at]))
    }
  }
  return lanes
}

describe.each([
  ['avx2', avx2Target],
  ['avx512', avx512Target],
] as const)('%s code (skipped where the processor has none)', (vectors, x64Target) => {
  const native = nativeCode(vectors)
  const operations: { readonly [name: string]: (a: Value, b: Value, c: Value) => Value } = {
    ...Object.fromEntries(
      (['add', 'sub', 'mul', 'div', 'min', 'max', 'eq', 'lt', 'le', 'gt', 'ge'] as const).map((op) => [op, f32x4[op]]),
    ),
    abs: f32x4.abs,
    neg: f32x4.neg,
    sqrt: f32x4.sqrt,
    fromInteger: f32x4.fromInteger,
    madd: f32x4.relaxedMadd,
    and: v128.and,
    andnot: v128.andnot,
    or: v128.or,
    xor: v128.xor,
    select: v128.select,
    'select by comparison': (a, b, c) => v128.select(a, b, f32x4.lt(b, c)),
    'and with comparison': (a, b, c) => v128.and(f32x4.lt(a, b), c),
    integerAdd: i32x4.add,
    integerSub: i32x4.sub,
    integerMul: i32x4.mul,
    integerEq: i32x4.eq,
    gtS: i32x4.gtS,
    shl: (a) => i32x4.shl(a, i32.const(5)),
    shrU: (a) => i32x4.shrU(a, i32.const(5)),
  }
  it.skipIf(!native).each(Object.entries(operations))('%s of every pair of special values', (_, operation) => {
    const special = [0, -0, 1, -1, 2.5, 1e-40, 3e38, Infinity, -Infinity, NaN]
    const results = [wasmTarget(limits), x64Target].map((target, i) => {
      const code = assemble(target, (w) => {
        const at = w.i32(i32.const(0))
        w.while(i32.ltU(at, i32.const(1000 * 256)), () => {
          const [a, b, c] = [0, 64, 128].map((offset) => w.wide(wide.load(at, offset)))
          w.do(wide.store(at, operation(a, b, c), 192))
          w.set(at, i32.add(at, i32.const(256)))
        })
      })
      const memory = new WebAssembly.Memory({ initial: 6, maximum: 6 })
      const floats = new Float32Array(memory.buffer)
      for (let j = 0; j < 1000; j++) {
        const chosen = [special[j % 10], special[Math.floor(j / 10) % 10], special[Math.floor(j / 100)]]
        chosen.forEach((value, k) => floats.fill(value, 64 * j + 16 * k, 64 * j + 16 * k + 16))
      }
      if (i === 0) instantiate(code, memory)(0, 0)
      else native!.at(native!.place(code), memory)(0, 0)
      const words = new Int32Array(memory.buffer)
      return Array.from({ length: 1000 }, (_, j) => (Number.isNaN(floats[64 * j + 48]) ? 'NaN' : words[64 * j + 48]))
    })
    expect(results[1]).toEqual(results[0])
  })

  it.skipIf(!native)('does what the WebAssembly of the same kernel does', () => {
    // With sixteen registers, trees of a depth that kernels do not have run out of temporaries.
    const depth = vectors === 'avx2' ? 1 : 2
    let compared = 0
    for (let seed = 1; compared < 45 && seed <= 200; seed++) {
      const [expected, got] = [freshMemory(seed), freshMemory(seed)]
      instantiate(generated(wasmTarget(limits), seed, depth), expected)(0, 0)
      let code: Uint8Array
      try {
        code = generated(x64Target, seed, depth)
      } catch (error) {
        // Says so instead of writing wrong code: the few temporaries are enough for kernels, not for every tree.
        expect(String(error)).toContain('too deep')
        continue
      }
      native!.at(native!.place(code), got)(0, 0)
      compared++
      expect(seen(got), `seed ${seed}`).toEqual(seen(expected))
    }
    expect(compared).toBe(45)
  })
})
