import type { Local, Value } from '../kernel/value.ts'
import type { Block, Statement } from '../kernel/writer.ts'
import { type Label, length128, type Operand, registers } from './assembler.ts'
import { opcodes } from './instructions.ts'
import { arithmetic, isConstant, opposite } from './integers.ts'
import { Vectors } from './vectors.ts'

/**
 * Kernels as machine code of x86-64, for the System V calling convention:
 * `void run(void* memory, uint32 arguments, uint32 thread)`. Addresses of kernels are offsets from `memory`, which stays
 * in r15. Nothing is checked at run time: a kernel must not leave its memory.
 */
const { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r15 } = registers

const calleeSaved = [rbx, rbp, 12, 13, 14, r15]

/** Taken from the stack in one step, without a look at its end: what JavaScript leaves of every thread's stack. */
const largestFrame = 512 * 1024

/** Code of a whole kernel; `Avx2` and `Avx512` know the instructions that the two do not share. */
export abstract class Compiler extends Vectors {
  /** The first `count` lanes of `from` to memory, at least one and fewer than all. */
  protected abstract storeSome(place: Operand, from: number, count: Value): void
  /** The lowest byte of each lane, beside each other. */
  protected abstract storeBytes(place: Operand, from: number): void

  run(): Uint8Array<ArrayBuffer> {
    const { code } = this
    const frame = Math.ceil((this.allocation.frameBytes + 8) / 64) * 64 + 64
    if (frame > largestFrame) throw new Error(`a kernel's frame of ${frame} bytes`)
    for (const r of calleeSaved) code.emit(...(r > 7 ? [0x41] : []), 0x50 | (r & 7))
    code.general([0x8b], rax, rsp, { bits64: true })
    code.general([0x81], 5, rsp, { bits64: true, after: 4 })
    code.emit32(frame)
    code.general([0x83], 4, rsp, { bits64: true, after: 1 })
    code.emit(-64)
    code.general([0x89], rax, this.stack(frame - 64), { bits64: true })
    code.general([0x89], rdi, r15, { bits64: true })
    const [args, thread] = this.kernel.locals
    for (const [local, register] of [
      [args, rsi],
      [thread, rdx],
    ] as const) {
      const place = this.allocation.places.get(local)
      if (place) code.general([0x89], register, this.placeOperand(local))
    }
    for (const local of this.allocation.zeroed) this.zero(local)
    this.block(this.kernel.body)
    code.general([0x8b], rsp, this.stack(frame - 64), { bits64: true })
    for (const r of [...calleeSaved].reverse()) code.emit(...(r > 7 ? [0x41] : []), 0x58 | (r & 7))
    // vzeroupper, ret: what follows may be SSE code.
    code.emit(0xc5, 0xf8, 0x77, 0xc3)
    return code.finish()
  }

  private zero(local: Local): void {
    const place = this.placeOperand(local)
    if (local.type === 'i32') {
      this.code.general([0xc7], 0, place, { after: 4 })
      this.code.emit32(0)
    } else {
      const register = typeof place === 'number' ? place : this.vectors.temporaries[0]
      this.code.vector(opcodes.xor, this.lengthOf(local), register, register, register)
      if (typeof place !== 'number') this.code.vector(opcodes.store, this.lengthOf(local), register, 0, place)
    }
  }

  private block(statements: Block): void {
    for (const s of statements) this.scoped(() => this.statement(s))
  }

  private statement(s: Statement): void {
    const { code } = this
    if (s.kind === 'do') this.effect(s.value)
    else if (s.kind === 'set') this.set(s.local, s.value)
    else if (s.kind === 'fill') this.fill(s)
    else if (s.kind === 'if') {
      const [otherwise, end]: Label[] = [{ position: null }, { position: null }]
      this.unless(s.condition, otherwise)
      this.block(s.body)
      if (s.otherwise) code.jump(end)
      code.bind(otherwise)
      if (s.otherwise) this.block(s.otherwise)
      code.bind(end)
    } else {
      const [again, end]: Label[] = [{ position: null }, { position: null }]
      if (s.guarded) this.unless(s.condition, end)
      code.align(32)
      code.bind(again)
      this.block(s.body)
      code.jumpIf(
        this.scoped(() => this.compare(s.condition)),
        again,
      )
      code.bind(end)
    }
  }

  private unless(condition: Value, label: Label): void {
    this.code.jumpIf(opposite(this.scoped(() => this.compare(condition))), label)
  }

  private set(local: Local, value: Value): void {
    if (!this.allocation.places.has(local)) return
    const place = this.placeOperand(local)
    if (local.type === 'i32') {
      if (typeof place === 'number') this.integer(value, place)
      else if (arithmetic[value.op] && value.args[0] === local) this.apply(value.op, place, value.args[1])
      else this.code.general([0x89], this.integer(value), place)
      return
    }
    const length = this.lengthOf(local)
    if (typeof place === 'number') this.vectorValue(value, place, length)
    else this.code.vector(opcodes.store, length, this.vectorValue(value, undefined, length), 0, place)
  }

  private effect(value: Value): void {
    const { code } = this
    const { op, args, offset = 0 } = value
    const [address, what, count] = args
    if (op === 'i32.store' && isConstant(what)) {
      code.general([0xc7], 0, this.memory(address, offset), { after: 4 })
      code.emit32(what.literal as number)
    } else if (op === 'i32.store') {
      const from = this.integer(what)
      code.general([0x89], from, this.memory(address, offset))
    } else if (op === 'i32.store8') {
      const from = this.integer(what)
      code.general([0x88], from, this.memory(address, offset), { byte: true })
    } else if (op === 'v128.store' || op === 'wide.store') {
      const from = this.vectorValue(what)
      code.vector(
        opcodes.store,
        op === 'v128.store' ? length128 : this.vectors.length,
        from,
        0,
        this.memory(address, offset),
      )
    } else if (op === 'v128.store32' || op === 'wide.storeOne') {
      const from = this.vectorValue(what)
      code.vector(opcodes.storeOne, length128, from, 0, this.memory(address, offset), { memoryBytes: 4 })
    } else if (op === 'wide.storeBytes') {
      const from = this.vectorValue(what)
      this.storeBytes(this.memory(address, offset), from)
    } else if (op === 'prefetch') code.general([0x0f, 0x18], 1, this.memory(address, offset))
    else if (op === 'prefetchWrite') code.general([0x0f, 0x0d], 1, this.memory(address, offset))
    else if (op === 'wide.storeSome') {
      const from = this.vectorValue(what)
      this.storeSome(this.memory(address, offset), from, count)
    } else throw new Error(`no x64 code for ${op}`)
  }

  private fill({ address, byte, bytes }: Extract<Statement, { kind: 'fill' }>): void {
    if (byte.literal !== 0) throw new Error('memory is filled with zeros')
    const { code } = this
    const at = this.takeGeneral()
    const count = this.takeGeneral()
    this.integer(bytes, count)
    this.integer(address, at)
    code.general([0x8d], rdi, { kind: 'based', base: r15, index: at, displacement: 0 }, { bits64: true })
    this.move(rcx, count)
    code.general([0x31], rax, rax)
    code.emit(0xf3, 0xaa) // rep stosb
  }
}
