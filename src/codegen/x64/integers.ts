import { isLocal, type Value } from '../kernel/value.ts'
import { conditions, length128, type Memory, type Operand, registers } from './assembler.ts'
import { opcodes } from './instructions.ts'
import { Places } from './places.ts'

const { rax, rdx, r15 } = registers

export const isConstant = (value: Value): boolean => value.op === 'i32.const'

/** x86 condition of a comparison. */
const comparisonOf: { readonly [op: string]: number } = {
  'i32.eq': conditions.equal,
  'i32.ne': conditions.notEqual,
  'i32.ltU': conditions.below,
  'i32.geU': conditions.aboveOrEqual,
  'i32.gtU': conditions.above,
  'i32.ltS': conditions.less,
}
/** The condition that holds when the given one does not. */
export const opposite = (condition: number): number => condition ^ 1

/** op r, r/m; op r/m, r; and the extension of op r/m, imm32. */
export const arithmetic: {
  readonly [op: string]: { readonly load: number; readonly store: number; readonly extension: number }
} = {
  'i32.add': { load: 0x03, store: 0x01, extension: 0 },
  'i32.or': { load: 0x0b, store: 0x09, extension: 1 },
  'i32.and': { load: 0x23, store: 0x21, extension: 4 },
  'i32.sub': { load: 0x2b, store: 0x29, extension: 5 },
}
const compareOpcode = { load: 0x3b, extension: 7 }
const commutes = new Set(['i32.add', 'i32.mul', 'i32.and', 'i32.or'])
const shiftExtension: { readonly [op: string]: number } = { 'i32.shl': 4, 'i32.shrU': 5 }

/** Code of integer expressions, addresses and conditions. */
export abstract class Integers extends Places {
  protected abstract vectorValue(value: Value): number
  /** Bit i of the result: whether byte i of as many bytes as there are lanes has the bit that `literal` names. */
  protected abstract testBytes(value: Value, to: number): void
  /** The same of the lanes of a vector. */
  protected abstract testLanes(value: Value, to: number): void

  /** [address + offset]; may hold a temporary, or `scratch` if it is given. */
  protected memory(address: Value, offset: number, scratch?: number): Memory {
    let displacement = offset
    let index = address
    while (index.op === 'i32.add' && isConstant(index.args[1])) {
      displacement += index.args[1].literal as number
      index = index.args[0]
    }
    if (isConstant(index)) {
      return { kind: 'based', base: r15, index: null, displacement: displacement + (index.literal as number) }
    }
    const place = isLocal(index) ? this.registerOf(index) : undefined
    return { kind: 'based', base: r15, index: place ?? this.integer(index, scratch), displacement }
  }

  /** A value as the second operand of an instruction: register or memory, not a constant. */
  protected integerOperand(value: Value): Operand {
    if (isLocal(value)) return this.placeOperand(value)
    if (value.op === 'i32.load') return this.memory(value.args[0], value.offset ?? 0)
    return this.integer(value)
  }

  protected move(to: number, from: Operand): void {
    if (to !== from) this.code.general([0x8b], to, from)
  }

  /** Evaluates into `target`, or into whatever register is at hand. */
  protected integer(value: Value, target?: number): number {
    const { code } = this
    if (isLocal(value)) {
      const place = this.placeOperand(value)
      if (typeof place === 'number' && target === undefined) return place
      const to = target ?? this.takeGeneral()
      this.move(to, place)
      return to
    }
    const to = target ?? this.takeGeneral()
    this.scoped(() => {
      const { op, args, offset = 0 } = value
      const [a, b] = args
      if (op === 'i32.const') {
        code.general([0xc7], 0, to, { after: 4 })
        code.emit32(value.literal as number)
      } else if (op === 'i32.load') code.general([0x8b], to, this.memory(a, offset, to))
      else if (op === 'i32.load8U') code.general([0x0f, 0xb6], to, this.memory(a, offset, to))
      else if (op === 'i32.popcnt') code.general([0x0f, 0xb8], to, this.integerOperand(a), { prefix: 0xf3 })
      else if (op === 'i32.div' || op === 'i32.rem') this.divide(op, to, a, b)
      else if (shiftExtension[op] !== undefined) this.shiftInteger(op, to, a, b)
      else if (arithmetic[op] || op === 'i32.mul') this.arithmetic(op, to, a, b)
      else if (op === 'i32.eqz' || comparisonOf[op] !== undefined) this.truth(value, to)
      else if (op === 'i32.atomicAdd') {
        const place = this.memory(a, offset)
        this.integer(b, to)
        code.emit(0xf0)
        code.general([0x0f, 0xc1], to, place)
      } else if (op === 'i32x4.lane' && value.literal === 0) {
        code.vector(opcodes.toGeneral, length128, this.vectorValue(a), 0, to, { memoryBytes: 4 })
      } else if (op === 'wide.testBytes') this.testBytes(value, to)
      else if (op === 'wide.testLanes') this.testLanes(value, to)
      else throw new Error(`no x64 code for ${op}`)
    })
    return to
  }

  protected arithmetic(op: string, to: number, first: Value, second: Value): void {
    let [a, b] = [first, second]
    const simple = (v: Value) => isLocal(v) || isConstant(v)
    // The left side is built up in place, so the longer one should be there.
    if (commutes.has(op) && (isConstant(a) || (isLocal(a) && !simple(b)))) [a, b] = [b, a]
    const left = isLocal(a) ? this.registerOf(a) : undefined
    if (op === 'i32.add' && left !== undefined && left !== to && this.loadAddress(to, left, b)) return
    const clash = this.reads(b, to)
    if (clash && isLocal(b) && commutes.has(op)) {
      this.apply(op, to, a)
      return
    }
    const at = clash ? this.takeGeneral() : to
    this.integer(a, at)
    this.apply(op, at, b)
    this.move(to, at)
  }

  /** to = register + b by address arithmetic; false where b is neither constant nor in a register. */
  protected loadAddress(to: number, register: number, b: Value): boolean {
    if (isConstant(b)) {
      this.code.general([0x8d], to, { kind: 'based', base: register, index: null, displacement: b.literal as number })
      return true
    }
    const index = isLocal(b) ? this.registerOf(b) : undefined
    if (index === undefined) return false
    this.code.general([0x8d], to, { kind: 'based', base: register, index, displacement: 0 })
    return true
  }

  /** to = to op b */
  protected apply(op: string, to: Operand, b: Value): void {
    const { code } = this
    if (op === 'i32.mul') {
      if (typeof to !== 'number') throw new Error('a product goes to a register')
      if (isConstant(b)) {
        code.general([0x69], to, to, { after: 4 })
        code.emit32(b.literal as number)
      } else code.general([0x0f, 0xaf], to, this.integerOperand(b))
      return
    }
    const { load, store, extension } = arithmetic[op]
    if (isConstant(b)) {
      code.general([0x81], extension, to, { after: 4 })
      code.emit32(b.literal as number)
    } else if (typeof to === 'number') code.general([load], to, this.integerOperand(b))
    else code.general([store], this.integer(b), to)
  }

  protected shiftInteger(op: string, to: number, a: Value, b: Value): void {
    if (!isConstant(b)) throw new Error('shifts go by constants')
    this.integer(a, to)
    this.code.general([0xc1], shiftExtension[op], to, { after: 1 })
    this.code.emit(b.literal as number)
  }

  protected divide(op: string, to: number, a: Value, b: Value): void {
    const { code } = this
    const divisor = isConstant(b) ? this.integer(b) : this.integerOperand(b)
    this.integer(a, rax)
    code.general([0x31], rdx, rdx)
    code.general([0xf7], 6, divisor)
    this.move(to, op === 'i32.div' ? rax : rdx)
  }

  /** Sets the flags; gives the condition under which the value is not 0. */
  protected compare(value: Value): number {
    const { code } = this
    const [a, b] = value.args
    if (value.op === 'i32.eqz') return opposite(this.compare(a))
    const condition = comparisonOf[value.op]
    if (condition === undefined) {
      const register = this.integer(value)
      code.general([0x85], register, register)
      return conditions.notEqual
    }
    const left = isConstant(b) ? this.integerOperand(a) : this.integer(a)
    if (isConstant(b)) {
      code.general([0x81], compareOpcode.extension, left, { after: 4 })
      code.emit32(b.literal as number)
    } else code.general([compareOpcode.load], left as number, this.integerOperand(b))
    return condition
  }

  protected truth(value: Value, to: number): void {
    const condition = this.compare(value)
    this.code.emit(0x0f, 0x90 | condition, 0xc0)
    this.code.general([0x0f, 0xb6], to, rax)
  }
}
