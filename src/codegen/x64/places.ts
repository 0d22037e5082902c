import { isLocal, type Local, type Value } from '../kernel/value.ts'
import type { KernelFunction } from '../kernel/writer.ts'
import { type Allocation, allocate } from './allocate.ts'
import {
  Assembler,
  type Encoding,
  length128,
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

/** The vectors of a processor. */
export interface VectorSet {
  readonly encoding: Encoding
  /** Of `wide` vectors. */
  readonly length: VectorLength
  /** Registers of locals, and of what an expression has not used yet. */
  readonly locals: readonly number[]
  readonly temporaries: readonly number[]
}

/** Where the values of a kernel stand while its code is written: places of locals, temporaries of expressions. */
export class Places {
  protected readonly code: Assembler
  protected readonly vectors: VectorSet
  protected readonly allocation: Allocation
  protected readonly kernel: KernelFunction
  /** How many temporaries of each class are in use: they are taken and given back in order. */
  private generalsTaken = 0
  private vectorsTaken = 0

  constructor(kernel: KernelFunction, set: VectorSet) {
    this.kernel = kernel
    this.vectors = set
    this.code = new Assembler(set.encoding)
    this.allocation = allocate(
      kernel,
      (l) => (l.type === 'i32' ? generalRegisters : set.locals),
      (l) => (l.type === 'i32' ? 4 : vectorBytes(this.lengthOf(l))),
    )
  }

  protected lengthOf(value: Value): VectorLength {
    return value.type === 'v128' ? length128 : this.vectors.length
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
    const register = generalTemporaries[this.generalsTaken++]
    if (register === undefined) throw new Error('an address expression is too deep: give a part of it a local')
    return register
  }

  protected takeVector(): number {
    const register = this.vectors.temporaries[this.vectorsTaken++]
    if (register === undefined) throw new Error('a vector expression is too deep: give a part of it a local')
    return register
  }

  /** Gives back the temporaries taken by `work`. */
  protected scoped<Result>(work: () => Result): Result {
    const { generalsTaken, vectorsTaken } = this
    const result = work()
    this.generalsTaken = generalsTaken
    this.vectorsTaken = vectorsTaken
    return result
  }

  /** Whether the value reads an integer local that lives in this register. */
  protected reads(value: Value, register: number): boolean {
    if (isLocal(value)) return value.type === 'i32' && this.registerOf(value) === register
    return value.args.some((a) => this.reads(a, register))
  }
}
