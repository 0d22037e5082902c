import type { Value } from '../kernel/value.ts'
import type { Target } from '../kernel/writer.ts'
import { length128, length256, type Memory, type Operand, registers, type VectorLength } from './assembler.ts'
import { Compiler } from './compile.ts'
import { avx2Opcodes, binaryRules, comparisons, opcodes } from './instructions.ts'
import type { VectorSet } from './places.ts'

const set: VectorSet = {
  encoding: 'vex',
  length: length256,
  locals: Array.from({ length: 11 }, (_, i) => i),
  temporaries: [11, 12, 13, 14, 15],
}

/** For each number of 8 bits the places of its set bits, in order: what moves those lanes together. */
const compressTable = tableOfMasks((mask, lane) => setBits(mask)[lane] ?? 0)

/** For each number the place that each set bit's lane is filled from; -1, with its sign, where no bit is set. */
const expandTable = tableOfMasks((mask, lane) => {
  return mask & (1 << lane) ? setBits(mask).indexOf(lane) : -1
})

function setBits(mask: number): number[] {
  return [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => mask & (1 << bit))
}

function tableOfMasks(entry: (mask: number, lane: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 * 8 }, (_, i) => entry(i >> 3, i & 7))
}

const laneNumbers = new Uint8Array(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer)

/** What AVX2 does by vectors of masks and by tables, where AVX-512 has opmasks. */
class Avx2 extends Compiler {
  protected comparison(value: Value, to: number, length: VectorLength): void {
    const { opcode, predicate } = comparisons[value.op]
    const [a, b] = value.args
    const left = this.vectorValue(a, this.scratch(a, to), length)
    const options = predicate === undefined ? {} : { immediate: predicate }
    this.vector(opcode, length, to, left, this.vectorOperand(b), options)
  }

  protected masked(to: number, length: VectorLength, comparison: Value, value: Value): void {
    this.binary('v128.and', to, length, comparison, value)
  }

  protected blend(to: number, length: VectorLength, a: Value, b: Value, comparison: Value): void {
    const mask = this.takeVector()
    this.comparison(comparison, mask, length)
    const no = this.vectorValue(b, undefined, length)
    this.vector(avx2Opcodes.blendBySign, length, to, no, this.vectorOperand(a), { immediate: mask << 4 })
  }

  protected select(to: number, length: VectorLength, a: Value, b: Value, mask: Value): void {
    const bits = this.takeVector()
    this.vectorValue(mask, bits, length)
    const others = this.takeVector()
    const [and, andnot] = ['v128.and', 'v128.andnot'].map((op) => binaryRules[op].opcode)
    this.scoped(() => this.vector(andnot, length, others, bits, this.vectorOperand(b)))
    this.scoped(() => this.vector(and, length, bits, bits, this.vectorOperand(a)))
    this.code.vector(binaryRules['v128.or'].opcode, length, to, bits, others)
  }

  protected splatInteger(to: number, length: VectorLength, from: number): void {
    this.code.vector(avx2Opcodes.fromGeneral, length128, to, 0, from)
    this.code.vector(avx2Opcodes.broadcastLane, length, to, 0, to)
  }

  protected fold(to: number, a: Value): void {
    const whole = this.vectorValue(a)
    const half = this.takeVector()
    this.code.vector(opcodes.extractQuarter, length256, whole, 0, half, { immediate: 1 })
    this.code.vector(binaryRules['f32x4.add'].opcode, length128, to, half, whole)
  }

  /** The row of a table of masks, read with one instruction that widens its bytes to lanes. */
  private rowOf(table: Uint8Array, mask: Value): Memory {
    const base = this.takeGeneral()
    this.code.general([0x8d], base, { kind: 'table', bytes: table }, { bits64: true })
    return { kind: 'based', base, index: this.integer(mask), displacement: 0, shift: 3 }
  }

  protected compress(to: number, a: Value, mask: Value): void {
    const places = this.takeVector()
    this.code.vector(opcodes.widenBytes, length256, places, 0, this.rowOf(compressTable, mask))
    this.code.vector(avx2Opcodes.permute, length256, to, places, this.vectorOperand(a))
  }

  protected expand(to: number, a: Value, mask: Value): void {
    const [places, zeros] = [this.takeVector(), this.takeVector()]
    this.code.vector(avx2Opcodes.widenSignedBytes, length256, places, 0, this.rowOf(expandTable, mask))
    this.code.vector(avx2Opcodes.permute, length256, to, places, this.vectorOperand(a))
    this.code.vector(opcodes.xor, length256, zeros, zeros, zeros)
    this.code.vector(avx2Opcodes.blendBySign, length256, to, to, zeros, { immediate: places << 4 })
  }

  protected testBytes(value: Value, to: number): void {
    const bytes = this.takeVector()
    this.code.vector(avx2Opcodes.loadQuad, length128, bytes, 0, this.memory(value.args[0], value.offset ?? 0))
    const immediate = 7 - (value.literal as number)
    this.code.vector(opcodes.shiftWords, length128, 6, bytes, bytes, { immediate })
    this.code.vector(avx2Opcodes.byteSigns, length128, to, 0, bytes)
  }

  protected testLanes(value: Value, to: number): void {
    const shifted = this.takeVector()
    const immediate = 31 - (value.literal as number)
    this.code.vector(opcodes.shiftLanes, length256, 6, shifted, this.vectorValue(value.args[0]), { immediate })
    this.code.vector(avx2Opcodes.laneSigns, length256, to, 0, shifted)
  }

  protected storeSome(place: Operand, from: number, count: Value): void {
    const mask = this.takeVector()
    const { rax } = registers
    this.splatInteger(mask, length256, this.integer(count, rax))
    this.code.vector(avx2Opcodes.greater, length256, mask, mask, { kind: 'table', bytes: laneNumbers })
    this.code.vector(avx2Opcodes.maskedStore, length256, from, mask, place)
  }

  protected storeBytes(place: Operand, from: number): void {
    const words = this.takeVector()
    this.code.vector(opcodes.extractQuarter, length256, from, 0, words, { immediate: 1 })
    this.code.vector(avx2Opcodes.packWords, length128, words, from, words)
    this.code.vector(avx2Opcodes.packBytes, length128, words, words, words)
    this.code.vector(avx2Opcodes.storeQuad, length128, words, 0, place)
  }
}

/** Machine code for hosts with AVX2, FMA and POPCNT. */
export const avx2Target: Target = {
  lanes: 8,
  constantsInLocals: false,
  prefetches: true,
  emit: (kernel) => new Avx2(kernel, set).run(),
}
