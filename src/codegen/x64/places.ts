import { isLocal, type Local, type Value } from '../kernel/value.ts'
import type { KernelFunction } from '../kernel/writer.ts'
import { type Allocation, allocate } from './allocate.ts'
import {
  Assembler,
  length128,
  length512,
  type Memory,
  type Operand,
  registers,
  type VectorLength,
  vectorBytes,
} from './assembler.ts'

const { rcx, rbx, rsp, rbp, rsi, rdi } = registers

/** Registers of locals; the others hold what an expression has not used yet. */
const generalRegisters = [rbx, rbp, 8, 9, 10, 11, 12, 13]
const generalTemporaries = [rcx, rsi, rdi, 14]
const vectorRegisters = Array.from({ length: 24 }, (_, i) => i)
export const vectorTemporaries = [24, 25, 26, 27, 28, 29, 30, 31]

export const lengthOf = (value: Value): VectorLength => (value.type === 'v128' ? length128 : length512)

/** Where the values of a kernel stand while its code is written: places of locals, temporaries of expressions. */
export class Places {
  protected readonly code = new Assembler()
  protected readonly allocation: Allocation
  protected readonly kernel: KernelFunction
  /** How many temporaries of each class are in use: they are taken and given back in order. */
  private general = 0
  private vector = 0

  constructor(kernel: KernelFunction) {
    this.kernel = kernel
    this.allocation = allocate(
      kernel,
      (l) => (l.type === 'i32' ? generalRegisters : vectorRegisters),
      (l) => (l.type === 'i32' ? 4 : vectorBytes(lengthOf(l))),
    )
  }

  protected stack(displacement: number): Memory {
    return { kind: 'based', base: rsp, index: null, displacement }
  }

  protected placeOperand(local: Local): Operand {
    const place = this.allocation.places.get(local)!
    return 'register' in place ? place.register : this.stack(place.stack)
  }

  protected registerOf(local: Local): number | undefined {
    const place = this.allocation.places.get(local)
    return place && 'register' in place ? place.register : undefined
  }

  protected takeGeneral(): number {
    const register = generalTemporaries[this.general++]
    if (register === undefined) throw new Error('an address expression is too deep: give a part of it a local')
    return register
  }

  protected takeVector(): number {
    const register = vectorTemporaries[this.vector++]
    if (register === undefined) throw new Error('a vector expression is too deep: give a part of it a local')
    return register
  }

  /** Gives back the temporaries taken by `work`. */
  protected scoped<Result>(work: () => Result): Result {
    const { general, vector } = this
    const result = work()
    this.general = general
    this.vector = vector
    return result
  }

  /** Whether the value reads an integer local that lives in this register. */
  protected reads(value: Value, register: number): boolean {
    if (isLocal(value)) return value.type === 'i32' && this.registerOf(value) === register
    return value.args.some((a) => this.reads(a, register))
  }
}
