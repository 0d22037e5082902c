import { f32x4, i32, i32x4, type Local, type Value, type ValueType, wide } from './value.ts'

/** What a kernel is written for: how wide its vectors are, and how its function becomes code. */
export interface Target {
  /** 32-bit lanes of a `wide` vector. */
  readonly lanes: number
  /** Whether constants are best kept in locals (else an operation reads them from memory at no cost). */
  readonly constantsInLocals: boolean
  /** Whether code can ask for memory before it needs it. */
  readonly prefetches: boolean
  emit(kernel: KernelFunction): Uint8Array<ArrayBuffer>
}

export type LocalType = Exclude<ValueType, 'none'>

export type Statement =
  | { readonly kind: 'do'; readonly value: Value }
  | { readonly kind: 'set'; readonly local: Local; readonly value: Value }
  | { readonly kind: 'if'; readonly condition: Value; readonly body: Block; readonly otherwise: Block | undefined }
  /** Runs the body, then again while the condition holds; with `guarded` the condition is asked before the first time too. */
  | { readonly kind: 'loop'; readonly condition: Value; readonly body: Block; readonly guarded: boolean }
  | { readonly kind: 'fill'; readonly address: Value; readonly byte: Value; readonly bytes: Value }

export type Block = readonly Statement[]

/** A kernel's one function `run(arguments: i32, thread: i32)`; both parameters are its first two locals. */
export interface KernelFunction {
  readonly locals: readonly Local[]
  readonly body: Block
}

/** Writes one function: locals and statements are collected, a target makes code of them. */
export class Writer {
  /** 32-bit lanes of a wide vector, and its bytes. */
  readonly lanes: number
  readonly bytes: number
  private readonly locals: Local[] = []
  private statements: Statement[] = []
  private readonly constants = new Map<string, Local>()
  private readonly prologue: Statement[] = []
  /** Whether a product and a sum may be fused. */
  private readonly relaxed: boolean
  private readonly constantsInLocals: boolean
  private readonly prefetches: boolean

  constructor(target: Target, relaxed: boolean) {
    this.lanes = target.lanes
    this.bytes = 4 * target.lanes
    this.constantsInLocals = target.constantsInLocals
    this.prefetches = target.prefetches
    this.relaxed = relaxed
  }

  /** a * b + c of float32 lanes, fused where the host may. */
  multiplyAdd(a: Value, b: Value, c: Value): Value {
    return this.relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)
  }

  local(type: LocalType): Local {
    const made: Local = { op: 'local', type, args: [], index: this.locals.length }
    this.locals.push(made)
    return made
  }

  i32(start?: Value): Local {
    return this.started('i32', start)
  }

  v128(start?: Value): Local {
    return this.started('v128', start)
  }

  wide(start?: Value): Local {
    return this.started('wide', start)
  }

  private started(type: LocalType, start: Value | undefined): Local {
    const made = this.local(type)
    if (start) this.set(made, start)
    return made
  }

  /**
   * A float32 constant in all lanes. In WebAssembly made once at the start of the function: V8 builds a constant anew at
   * every use, with three instructions, but reloads a local with one.
   */
  constant(value: number): Value {
    return this.once(`f32 ${Object.is(value, -0) ? '-0' : value}`, f32x4.const(value))
  }

  /** A 32-bit integer in all lanes. */
  integerConstant(value: number): Value {
    return this.once(`i32 ${value}`, i32x4.const(value))
  }

  private once(key: string, value: Value): Value {
    if (!this.constantsInLocals) return value
    let local = this.constants.get(key)
    if (!local) {
      local = this.local('wide')
      this.constants.set(key, local)
      this.prologue.push({ kind: 'set', local, value })
    }
    return local
  }

  /** One local for each of several vectors that go through the same steps: neighbours in the code do not wait for each other. */
  each(vectors: readonly Value[], value: (vector: Value, i: number) => Value): Local[] {
    return vectors.map((vector, i) => this.wide(value(vector, i)))
  }

  /** Emits a statement, e.g. a store. */
  do(value: Value): void {
    this.statements.push({ kind: 'do', value })
  }

  set(local: Local, value: Value): void {
    this.statements.push({ kind: 'set', local, value })
  }

  private nested(write: () => void): Block {
    const outer = this.statements
    this.statements = []
    write()
    const inner = this.statements
    this.statements = outer
    return inner
  }

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    const yes = this.nested(then)
    const no = otherwise ? this.nested(otherwise) : undefined
    this.statements.push({ kind: 'if', condition, body: yes, otherwise: no })
  }

  /** do { body } while (condition) */
  doWhile(body: () => void, condition: Value): void {
    this.statements.push({ kind: 'loop', condition, body: this.nested(body), guarded: false })
  }

  /** while (condition) { body } */
  while(condition: Value, body: () => void): void {
    this.statements.push({ kind: 'loop', condition, body: this.nested(body), guarded: true })
  }

  /** for (i = from; i < to; i += step), unsigned; `i` may be changed by the body. */
  for(i: Local, from: Value, to: Value, step: Value, body: () => void): void {
    this.set(i, from)
    this.while(i32.ltU(i, to), () => {
      body()
      this.set(i, i32.add(i, step))
    })
  }

  /** Brings vectors that will be read, or written, into the nearest cache; the address need not be inside the memory. */
  prefetch(what: 'read' | 'write', address: Value, vectors: number): void {
    if (!this.prefetches) return
    const op = what === 'read' ? 'prefetch' : 'prefetchWrite'
    for (let v = 0; v < vectors; v++) this.do({ op, type: 'none', args: [address], offset: this.bytes * v })
  }

  fillMemory(address: Value, byte: Value, bytes: Value): void {
    this.statements.push({ kind: 'fill', address, byte, bytes })
  }

  /** Stores the first `count` lanes; all of them where count is 0. */
  storeFirst(address: Value, value: Value, count: Value, offset = 0): void {
    this.if(
      i32.eqz(count),
      () => this.do(wide.store(address, value, offset)),
      () => this.do(wide.storeSome(address, value, count, offset)),
    )
  }

  finish(): KernelFunction {
    return { locals: this.locals, body: [...this.prologue, ...this.statements] }
  }
}

/**
 * Code of one kernel.
 * @param relaxed whether `multiplyAdd` fuses
 */
export function assemble(
  target: Target,
  write: (writer: Writer, args: Local, thread: Local) => void,
  relaxed = false,
): Uint8Array<ArrayBuffer> {
  const writer = new Writer(target, relaxed)
  const args = writer.i32()
  const thread = writer.i32()
  write(writer, args, thread)
  return target.emit(writer.finish())
}
