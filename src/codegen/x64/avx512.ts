import type { Value } from '../kernel/value.ts'
import type { Target } from '../kernel/writer.ts'
import {
  length128,
  length256,
  length512,
  type Memory,
  type Operand,
  registers,
  type VectorLength,
} from './assembler.ts'
import { Compiler } from './compile.ts'
import { avx512Opcodes, binaryRules, comparisons, loads, opcodes } from './instructions.ts'
import type { VectorSet } from './places.ts'
import { bitsOf, isVectorConstant } from './vectors.ts'

const set: VectorSet = {
  encoding: 'evex',
  length: length512,
  locals: Array.from({ length: 24 }, (_, i) => i),
  temporaries: [24, 25, 26, 27, 28, 29, 30, 31],
}

/** What AVX-512 does by opmask registers, of which one is enough: a comparison's result is used at once. */
class Avx512 extends Compiler {
  /** Puts a comparison's result into the opmask register. */
  private compareVectors(value: Value, length: VectorLength): void {
    const { opcode, predicate } = comparisons[value.op]
    const left = this.vectorValue(value.args[0], undefined, length)
    const options = predicate === undefined ? {} : { immediate: predicate }
    this.vector(opcode, length, 1, left, this.vectorOperand(value.args[1]), options)
  }

  protected comparison(value: Value, to: number, length: VectorLength): void {
    this.compareVectors(value, length)
    this.code.vector(avx512Opcodes.maskToVector, length, to, 0, 1)
  }

  protected masked(to: number, length: VectorLength, comparison: Value, value: Value): void {
    if (isVectorConstant(value)) {
      this.compareVectors(comparison, length)
      const options = { mask: 1, zero: true, memoryBytes: 4, spreads: true }
      this.code.vector(opcodes.broadcast, length, to, 0, { kind: 'constant', bits: bitsOf(value) }, options)
      return
    }
    // First, since it may compare too.
    const from = this.vectorValue(value)
    this.compareVectors(comparison, length)
    this.vector(opcodes.move, length, to, 0, from, { mask: 1, zero: true })
  }

  protected blend(to: number, length: VectorLength, a: Value, b: Value, comparison: Value): void {
    const yes = this.vectorOperand(a)
    const no = this.vectorValue(b, undefined, length)
    this.compareVectors(comparison, length)
    this.vector(avx512Opcodes.blend, length, to, no, yes, { mask: 1 })
  }

  protected select(to: number, length: VectorLength, a: Value, b: Value, mask: Value): void {
    const at = this.takeVector()
    this.vectorValue(mask, at, length)
    const yes = this.vectorValue(a, undefined, length)
    this.vector(avx512Opcodes.ternary, length, at, yes, this.vectorOperand(b), { immediate: 0xca })
    this.vectorMove(length, to, at)
  }

  protected splatInteger(to: number, length: VectorLength, from: number): void {
    this.code.vector(avx512Opcodes.broadcastGeneral, length, to, 0, from)
  }

  protected fold(to: number, a: Value): void {
    const whole = this.vectorValue(a)
    const [half, quarter] = [this.takeVector(), this.takeVector()]
    const add = binaryRules['f32x4.add'].opcode
    this.code.vector(avx512Opcodes.extractHalf, length512, whole, 0, half, { immediate: 1 })
    this.code.vector(add, length256, half, half, whole)
    this.code.vector(opcodes.extractQuarter, length256, half, 0, quarter, { immediate: 1 })
    this.code.vector(add, length128, to, half, quarter)
  }

  protected compress(to: number, a: Value, mask: Value): void {
    this.setMask(this.integer(mask))
    const from = this.vectorValue(a)
    this.code.vector(avx512Opcodes.compress, length512, from, 0, to, { mask: 1, zero: true })
  }

  protected expand(to: number, a: Value, mask: Value): void {
    this.setMask(this.integer(mask))
    const from = this.vectorOperand(a)
    this.code.vector(avx512Opcodes.expand, length512, to, 0, from, { mask: 1, zero: true, memoryBytes: 4 })
  }

  private setMask(from: number): void {
    this.code.opmask(0, 0x92, 1, from)
  }

  private readMask(to: number): void {
    this.code.opmask(0, 0x93, to, 1)
  }

  protected testBytes(value: Value, to: number): void {
    const bytes = this.takeVector()
    this.code.vector(loads['v128.load'].opcode, length128, bytes, 0, this.memory(value.args[0], value.offset ?? 0))
    const immediate = 7 - (value.literal as number)
    this.code.vector(opcodes.shiftWords, length128, 6, bytes, bytes, { immediate })
    this.code.vector(avx512Opcodes.bytesToMask, length128, 1, 0, bytes)
    this.readMask(to)
  }

  protected testLanes(value: Value, to: number): void {
    const bit: Memory = { kind: 'constant', bits: 1 << (value.literal as number) }
    const lanes = this.vectorValue(value.args[0])
    this.code.vector(avx512Opcodes.testLanes, length512, 1, lanes, bit, { memoryBytes: 4 })
    this.readMask(to)
  }

  protected storeSome(place: Operand, from: number, count: Value): void {
    const { rax } = registers
    // All ones, cut off after `count` bits.
    this.integer({ op: 'i32.const', type: 'i32', args: [], literal: -1 }, rax)
    const bits = this.integer(count)
    // bzhi eax, eax, bits
    this.code.emit(0xc4, 0xe2, (~bits & 15) << 3, 0xf5, 0xc0)
    this.setMask(rax)
    this.code.vector(opcodes.store, length512, from, 0, place, { mask: 1 })
  }

  protected storeBytes(place: Operand, from: number): void {
    this.code.vector(avx512Opcodes.narrowToBytes, length512, from, 0, place, { memoryBytes: 16 })
  }
}

/** Machine code for hosts with AVX-512 (F, VL, DQ, BW) and BMI2. */
export const avx512Target: Target = {
  lanes: 16,
  constantsInLocals: false,
  prefetches: true,
  emit: (kernel) => new Avx512(kernel, set).run(),
}
