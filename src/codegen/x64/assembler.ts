/**
 * Machine code for x86-64: one method per shape of instruction. A vector instruction has the same opcode in both of its
 * encodings. EVEX (AVX-512) reaches 32 registers at each length, takes constants from memory into every lane, and masks;
 * VEX (AVX2) reaches 16 registers and vectors of 256 bits, and takes constants as whole vectors.
 */
export type Encoding = 'evex' | 'vex'

/** Lengths of vectors in the numbering of both encodings. */
export const length128 = 0
export const length256 = 1
export const length512 = 2
export type VectorLength = typeof length128 | typeof length256 | typeof length512

export const vectorBytes = (length: VectorLength): number => 16 << length

/** [base + (index << shift) + displacement], a 32-bit constant for every lane behind the code, or bytes that stand there. */
export type Memory =
  | {
      readonly kind: 'based'
      readonly base: number
      readonly index: number | null
      readonly displacement: number
      /** The index counts in 2^shift bytes. */
      readonly shift?: number
    }
  | { readonly kind: 'constant'; readonly bits: number }
  | { readonly kind: 'table'; readonly bytes: Uint8Array }

/** A register number, or a place in memory. */
export type Operand = number | Memory

/** Where a jump goes; bound to a position once. */
export interface Label {
  position: number | null
}

export const registers = { rax: 0, rcx: 1, rdx: 2, rbx: 3, rsp: 4, rbp: 5, rsi: 6, rdi: 7, r15: 15 } as const

/** Condition codes of jcc and setcc. */
export const conditions = {
  below: 2,
  aboveOrEqual: 3,
  equal: 4,
  notEqual: 5,
  belowOrEqual: 6,
  above: 7,
  less: 12,
} as const

/** A vector instruction: mandatory prefix (0 none, 1 66, 2 F3, 3 F2), opcode map (1 0F, 2 0F38, 3 0F3A), opcode, W. */
export interface Opcode {
  readonly prefix: 0 | 1 | 2 | 3
  readonly map: 1 | 2 | 3
  readonly code: number
  readonly wide?: boolean
}

export interface VectorOptions {
  /** Opmask register, 0: none. EVEX alone. */
  readonly mask?: number
  /** Whether masked-out lanes become 0. */
  readonly zero?: boolean
  /** Bytes of memory that the instruction touches, if not the whole vector: EVEX counts small displacements in these. */
  readonly memoryBytes?: number
  readonly immediate?: number
  /** Whether the instruction itself spreads a constant over the lanes; else EVEX asks that of the operand. */
  readonly spreads?: boolean
}

/** What stands behind the code: read by instructions whose four bytes at `at` say how far behind `end` it begins. */
interface Reference {
  readonly at: number
  readonly end: number
  readonly bytes: Uint8Array
}

export class Assembler {
  private readonly bytes: number[] = []
  private readonly jumps: { readonly at: number; readonly label: Label }[] = []
  private readonly references: Reference[] = []
  private readonly encoding: Encoding

  constructor(encoding: Encoding) {
    this.encoding = encoding
  }

  get position(): number {
    return this.bytes.length
  }

  emit(...bytes: number[]): void {
    for (const byte of bytes) this.bytes.push(byte & 255)
  }

  emit32(value: number): void {
    this.emit(value, value >> 8, value >> 16, value >> 24)
  }

  /** ModRM, SIB and displacement. `scale`: what an 8-bit displacement counts in; `after`: bytes that follow. */
  private address(reg: number, operand: Operand, scale: number, after: number): void {
    const field = (reg & 7) << 3
    if (typeof operand === 'number') {
      this.emit(0xc0 | field | (operand & 7))
    } else if (operand.kind !== 'based') {
      this.emit(field | 5)
      const bytes = operand.kind === 'table' ? operand.bytes : this.constantBytes(operand.bits)
      this.references.push({ at: this.position, end: this.position + 4 + after, bytes })
      this.emit32(0)
    } else {
      const { base, index, displacement, shift = 0 } = operand
      const steps = displacement / scale
      const short = Number.isInteger(steps) && steps >= -128 && steps <= 127
      const mode = short ? 0x40 : 0x80
      if (index === null && (base & 7) !== 4) this.emit(mode | field | (base & 7))
      else this.emit(mode | field | 4, (shift << 6) | ((index === null ? 4 : index & 7) << 3) | (base & 7))
      if (short) this.emit(steps)
      else this.emit32(displacement)
    }
  }

  private constantBytes(bits: number): Uint8Array {
    const lanes = this.encoding === 'evex' ? 1 : vectorBytes(length256) / 4
    return new Uint8Array(new Int32Array(lanes).fill(bits).buffer)
  }

  /** An instruction on general registers; `bits64` for addresses and the stack. */
  general(
    code: readonly number[],
    reg: number,
    operand: Operand,
    options: { bits64?: boolean; after?: number; byte?: boolean; prefix?: number } = {},
  ): void {
    if (options.prefix) this.emit(options.prefix)
    const index = typeof operand !== 'number' && operand.kind === 'based' ? operand.index : null
    const base = typeof operand === 'number' ? operand : operand.kind === 'based' ? operand.base : 0
    const rex = (options.bits64 ? 8 : 0) | (reg > 7 ? 4 : 0) | ((index ?? 0) > 7 ? 2 : 0) | (base > 7 ? 1 : 0)
    // Byte registers above 3 exist only with a REX prefix.
    if (rex || (options.byte && (reg > 3 || (typeof operand === 'number' && operand > 3)))) this.emit(0x40 | rex)
    this.emit(...code)
    this.address(reg, operand, 1, options.after ?? 0)
  }

  /** A vector instruction: `reg` the destination (or what is stored), `second` the first source (0 where there is none). */
  vector(
    opcode: Opcode,
    length: VectorLength,
    reg: number,
    second: number,
    operand: Operand,
    options: VectorOptions = {},
  ): void {
    if (this.encoding === 'evex') this.evexPrefix(opcode, length, reg, second, operand, options)
    else this.vexPrefix(opcode, length, reg, second, operand)
    const { memoryBytes = vectorBytes(length), immediate } = options
    this.emit(opcode.code)
    this.address(reg, operand, this.encoding === 'evex' ? memoryBytes : 1, immediate === undefined ? 0 : 1)
    if (immediate !== undefined) this.emit(immediate)
  }

  private vexPrefix(opcode: Opcode, length: VectorLength, reg: number, second: number, operand: Operand): void {
    let [x, b] = [0, 0]
    if (typeof operand === 'number') b = (operand >> 3) & 1
    else if (operand.kind === 'based') [x, b] = [((operand.index ?? 0) >> 3) & 1, (operand.base >> 3) & 1]
    const rest = ((~second & 15) << 3) | (length << 2) | opcode.prefix
    const r = reg > 7 ? 0 : 0x80
    if (opcode.map === 1 && !x && !b) this.emit(0xc5, r | rest)
    else this.emit(0xc4, r | (x ? 0 : 0x40) | (b ? 0 : 0x20) | opcode.map, rest)
  }

  private evexPrefix(
    opcode: Opcode,
    length: VectorLength,
    reg: number,
    second: number,
    operand: Operand,
    options: VectorOptions,
  ): void {
    const { mask = 0, zero = false } = options
    const spread = typeof operand !== 'number' && operand.kind === 'constant' && !options.spreads
    let [x, b] = [0, 0]
    if (typeof operand === 'number') [x, b] = [(operand >> 4) & 1, (operand >> 3) & 1]
    else if (operand.kind === 'based') [x, b] = [((operand.index ?? 0) >> 3) & 1, (operand.base >> 3) & 1]
    const inverted = (bit: number, place: number) => (bit ? 0 : 1 << place)
    this.emit(
      0x62,
      inverted((reg >> 3) & 1, 7) | inverted(x, 6) | inverted(b, 5) | inverted((reg >> 4) & 1, 4) | opcode.map,
      (opcode.wide ? 0x80 : 0) | ((~second & 15) << 3) | 4 | opcode.prefix,
      (zero ? 0x80 : 0) | (length << 5) | (spread ? 0x10 : 0) | inverted((second >> 4) & 1, 3) | mask,
    )
  }

  /** A VEX instruction between an opmask and a general register, both below 8 or named by `rm`. */
  opmask(prefix: 0 | 3, code: number, reg: number, rm: number): void {
    this.emit(
      0xc4,
      (reg > 7 ? 0 : 0x80) | 0x40 | (rm > 7 ? 0 : 0x20) | 1,
      0x78 | prefix,
      code,
      0xc0 | ((reg & 7) << 3) | (rm & 7),
    )
  }

  jump(label: Label): void {
    this.emit(0xe9)
    this.jumpTo(label)
  }

  jumpIf(condition: number, label: Label): void {
    this.emit(0x0f, 0x80 | condition)
    this.jumpTo(label)
  }

  private jumpTo(label: Label): void {
    this.jumps.push({ at: this.position, label })
    this.emit32(0)
  }

  bind(label: Label): void {
    label.position = this.position
  }

  /** Fills up to a multiple of `size` with instructions that do nothing. */
  align(size: number): void {
    const nops = [
      [],
      [0x90],
      [0x66, 0x90],
      [0x0f, 0x1f, 0],
      [0x0f, 0x1f, 0x40, 0],
      [0x0f, 0x1f, 0x44, 0, 0],
      [0x66, 0x0f, 0x1f, 0x44, 0, 0],
      [0x0f, 0x1f, 0x80, 0, 0, 0, 0],
      [0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
    ]
    for (let room = (size - (this.position % size)) % size; room > 0; ) {
      const step = Math.min(8, room)
      this.emit(...nops[step])
      room -= step
    }
  }

  /** The code, its jumps in place, and behind it what it reads. */
  finish(): Uint8Array<ArrayBuffer> {
    for (const { at, label } of this.jumps) {
      if (label.position === null) throw new Error('a jump to a label that was never bound')
      this.patch(at, label.position - (at + 4))
    }
    // Vectors that lie across two lines of the cache take two reads.
    if (this.references.length > 0) while (this.position % 32) this.emit(0)
    const places = new Map<string, number>()
    for (const { at, end, bytes } of this.references) {
      const key = bytes.join()
      let place = places.get(key)
      if (place === undefined) {
        place = this.position
        places.set(key, place)
        this.emit(...bytes)
      }
      this.patch(at, place - end)
    }
    return Uint8Array.from(this.bytes)
  }

  private patch(at: number, value: number): void {
    for (let i = 0; i < 4; i++) this.bytes[at + i] = (value >> (8 * i)) & 255
  }
}
