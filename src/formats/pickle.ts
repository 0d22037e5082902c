import { FormatError } from '../base/index.ts'
import { damageAt } from './damage.ts'

/** A value that a pickle can hold here. Dictionaries keep their order; keys are texts, numbers or bytes as text. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleTuple
  | PickleMade
  | PickleName

/** A tuple: a list that may be a key. */
export class PickleTuple {
  readonly items: readonly PickleValue[]
  constructor(items: readonly PickleValue[]) {
    this.items = items
  }
}

/** What a constructor of the caller's list made. */
export class PickleMade {
  /** The name it was made by. */
  readonly name: string
  value: unknown
  constructor(name: string, value: unknown) {
    this.name = name
    this.value = value
  }
}

/** A constructor's full name, as an argument: pickles hand classes to constructors. It was on the caller's list. */
export class PickleName {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** One constructor that a pickle may name: plain code of the caller's, which makes a value from plain values. */
export interface PickleConstructor {
  /** From the arguments of a call. */
  make(args: readonly PickleValue[]): unknown
  /** Whether what it makes is a plain value, which goes on as itself; else it goes on as a `PickleMade`. */
  readonly plain?: boolean
  /** What BUILD changes; without it, a state is refused. */
  build?(value: unknown, state: PickleValue): unknown
}

export interface PickleOptions {
  /** The name that errors show. */
  file?: string
  /** What may be named, such as `numpy.core.multiarray._reconstruct`. All other names are refused. */
  constructors?: Readonly<Record<string, PickleConstructor>>
  /** What a persistent id stands for; without it, they are refused. */
  persistent?(id: PickleValue): unknown
  /**
   * Asked for each name that is not on the list, whether it may stand there: what would be built by it is then a `PickleMade`
   * without a value, and nothing that is put into it is kept. Without it, such names are refused.
   */
  unlisted?(name: string): boolean
}

/** A value for people to read; lists and tables, which may hold themselves many times over, are not written out. */
export function pickleText(value: PickleValue | undefined): string {
  if (typeof value === 'string') return value.slice(0, 200)
  if (value instanceof Uint8Array) return new TextDecoder().decode(value.subarray(0, 200))
  if (typeof value === 'object' && value !== null) return `a ${value instanceof Map ? 'dictionary' : 'list or object'}`
  return String(value)
}

type Stacked = PickleValue | typeof mark
const mark = Symbol('mark')

/** Operations that a pickle may have: far above any data set's. */
const mostOperations = 50_000_000
/** Lists, dictionaries and objects that a pickle may make. A byte makes one, which takes some hundred bytes of memory. */
const mostMade = 2_000_000

/**
 * Reads a pickle of protocols 0 to 5 as plain values. Nothing is ever executed: the reader knows texts, numbers, bytes,
 * lists, tuples and dictionaries, and of constructors only those that the caller hands in; every other name is an error,
 * before anything is done with it.
 * @throws FormatError if it is damaged, or names anything that is not on the list
 */
export function readPickle(bytes: Uint8Array, options: PickleOptions = {}): PickleValue {
  return new PickleReader(bytes, options).read()
}

class PickleReader {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly file: string
  private readonly options: PickleOptions
  private readonly stack: Stacked[] = []
  private readonly memo = new Map<number, Stacked>()
  private at = 0
  private start = 0
  private done = false
  private made = 0

  constructor(bytes: Uint8Array, options: PickleOptions) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.file = options.file ?? 'pickle bytes'
    this.options = options
  }

  read(): PickleValue {
    for (let count = 0; !this.done; count++) {
      if (count > mostOperations) throw this.fault('pickle is longer than is allowed here')
      this.start = this.at
      const code = this.byte()
      const operation = operations[code]
      if (!operation) throw this.fault(`pickle holds an operation that is not read (0x${code.toString(16)})`)
      operation(this)
    }
    return this.value()
  }

  fault(what: string, got?: string, next?: string): FormatError {
    return damageAt(this.file, this.start, { what, ...(got ? { got } : {}), ...(next ? { next } : {}) })
  }

  stop(): void {
    this.done = true
  }

  take(length: number): Uint8Array {
    if (!(length >= 0) || this.at + length > this.bytes.length) {
      throw this.fault('pickle is truncated', `${this.bytes.length - this.at} bytes left, ${length} wanted`)
    }
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  byte(): number {
    return this.take(1)[0]
  }

  uint16(): number {
    this.take(2)
    return this.view.getUint16(this.at - 2, true)
  }

  int32(): number {
    this.take(4)
    return this.view.getInt32(this.at - 4, true)
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** A length of 8 bytes. */
  uint64(): number {
    this.take(8)
    return Number(this.view.getBigUint64(this.at - 8, true))
  }

  float64(): number {
    this.take(8)
    return this.view.getFloat64(this.at - 8)
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at)
    if (end < 0) throw this.fault('pickle is truncated', 'a line without an end')
    const text = this.text(this.bytes.subarray(this.at, end))
    this.at = end + 1
    return text
  }

  text(bytes: Uint8Array): string {
    return new TextDecoder('utf-8').decode(bytes)
  }

  push(value: Stacked): void {
    this.stack.push(value)
  }

  pop(): Stacked {
    const value = this.stack.pop()
    if (value === undefined) throw this.fault('pickle takes from an empty stack')
    return value
  }

  /** A value, where a mark will not do. */
  value(): PickleValue {
    return this.plain(this.pop())
  }

  top(): PickleValue {
    const value = this.stack.at(-1)
    if (value === undefined) throw this.fault('pickle takes from an empty stack')
    return this.plain(value)
  }

  toMark(): PickleValue[] {
    const at = this.stack.lastIndexOf(mark)
    if (at < 0) throw this.fault('pickle takes to a mark that was not set')
    const items = this.stack.splice(at).slice(1)
    return items.map((item) => this.plain(item))
  }

  put(key: number): void {
    const value = this.stack.at(-1)
    if (value === undefined) throw this.fault('pickle takes from an empty stack')
    this.memo.set(key, value)
  }

  putNext(): void {
    this.put(this.memo.size)
  }

  get(key: number): void {
    const value = this.memo.get(key)
    if (value === undefined) throw this.fault(`pickle recalls number ${key}, which was never kept`)
    this.push(value)
  }

  /** A name; only those on the caller's list can be used. */
  name(module: string, name: string): void {
    const full = `${module}.${name}`
    if (!this.isListed(full) && !this.options.unlisted?.(full)) {
      throw this.fault(
        'pickle names code that is not on the list of what may be built',
        full.slice(0, 120),
        'nothing was executed; do not open this file with a program that would',
      )
    }
    this.push(new PickleName(full))
  }

  call(): void {
    const args = this.value()
    const callee = this.pop()
    if (this.options.unlisted && isUnknown(callee, (name) => this.isListed(name))) {
      this.push(this.counted(new PickleMade(callee.name, undefined)))
      return
    }
    if (!(callee instanceof PickleName) || !(args instanceof PickleTuple))
      throw this.fault('pickle calls no constructor')
    const maker = this.options.constructors?.[callee.name] as PickleConstructor
    const value = this.safely(() => maker.make(args.items))
    this.push(maker.plain ? (value as PickleValue) : this.counted(new PickleMade(callee.name, value)))
  }

  /** A new list, dictionary or object. */
  counted<Made extends PickleValue>(made: Made): Made {
    this.made++
    if (this.made > mostMade) throw this.fault(`pickle makes more than ${mostMade} lists, dictionaries and objects`)
    return made
  }

  private isListed(name: string): boolean {
    return Object.hasOwn(this.options.constructors ?? {}, name)
  }

  build(): void {
    const state = this.value()
    const made = this.top()
    const maker = made instanceof PickleMade ? this.options.constructors?.[made.name] : undefined
    if (!maker?.build && this.options.unlisted) return
    if (!(made instanceof PickleMade) || !maker?.build) throw this.fault('pickle sets a state where none is taken')
    const { build } = maker
    made.value = this.safely(() => build(made.value, state))
  }

  persistent(id: PickleValue): void {
    const { persistent } = this.options
    if (!persistent) throw this.fault('pickle refers to things outside of it')
    this.push(
      new PickleMade(
        'persistent',
        this.safely(() => persistent(id)),
      ),
    )
  }

  append(items: PickleValue[]): void {
    const list = this.top()
    if (this.isUnbuilt(list)) return
    if (!Array.isArray(list)) throw this.fault('pickle appends to what is no list')
    for (const item of items) list.push(item)
  }

  setItems(items: PickleValue[]): void {
    const table = this.top()
    if (this.isUnbuilt(table)) return
    // An OrderedDict is made by a constructor of the caller's, and filled like any dictionary.
    const map = table instanceof PickleMade ? table.value : table
    if (!(map instanceof Map) || items.length % 2 !== 0) throw this.fault('pickle sets items of what is no dictionary')
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1])
  }

  /** Whether it stands for something that was not built. */
  private isUnbuilt(value: PickleValue): boolean {
    return this.options.unlisted !== undefined && value instanceof PickleMade && (value.value ?? null) === null
  }

  private safely<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (cause) {
      if (cause instanceof FormatError) throw cause
      throw damageAt(this.file, this.start, {
        what: 'pickle builds a value from arguments that do not fit',
        got: cause instanceof Error ? cause.message : String(cause),
        cause,
      })
    }
  }

  private plain(value: Stacked): PickleValue {
    if (value === mark) throw this.fault('pickle uses a mark as a value')
    return value
  }
}

function isUnknown(callee: Stacked, isListed: (name: string) => boolean): callee is PickleName | PickleMade {
  return callee instanceof PickleMade || (callee instanceof PickleName && !isListed(callee.name))
}

type Operation = (reader: PickleReader) => void

/** An integer of `bytes`, lowest first, in two's complement. */
function longOf(bytes: Uint8Array): number | bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i])
  if (bytes.length > 0 && bytes[bytes.length - 1] & 0x80) value -= 1n << BigInt(8 * bytes.length)
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function intLine(reader: PickleReader): void {
  const text = reader.line().replace(/L$/, '')
  if (text === '00' || text === '01') reader.push(text === '01')
  else if (/^-?\d{1,15}$/.test(text)) reader.push(Number(text))
  else throw reader.fault('pickle holds no integer where one is due', text.slice(0, 40))
}

function quotedLine(reader: PickleReader): void {
  const text = reader.line()
  const quote = text[0]
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) {
    throw reader.fault('pickle holds no text where one is due', text.slice(0, 40))
  }
  const plain = text.slice(1, -1).replace(/\\x([0-9a-f]{2})|\\([nrt\\'"])/g, (_, hex, letter) => {
    if (hex) return String.fromCharCode(Number.parseInt(hex, 16))
    return { n: '\n', r: '\r', t: '\t' }[letter as string] ?? letter
  })
  reader.push(plain)
}

function longBytes(reader: PickleReader, length: number): void {
  if (length > 1024) throw reader.fault('pickle holds an absurd integer', `${length} bytes`)
  reader.push(longOf(reader.take(length)))
}

function tuple(reader: PickleReader, length: number): void {
  const items = Array.from({ length }, () => reader.value()).reverse()
  reader.push(reader.counted(new PickleTuple(items)))
}

/** By the code of the operation; see CPython's pickletools for what each means. */
const operations: { readonly [code: number]: Operation } = byCode({
  '(': (r) => r.push(mark),
  '.': (r) => r.stop(),
  '0': (r) => void r.pop(),
  '1': (r) => void r.toMark(),
  '2': (r) => r.push(r.top()),
  F: (r) => r.push(Number(r.line())),
  I: intLine,
  J: (r) => r.push(r.int32()),
  K: (r) => r.push(r.byte()),
  L: intLine,
  M: (r) => r.push(r.uint16()),
  N: (r) => r.push(null),
  P: (r) => r.persistent(r.line()),
  Q: (r) => r.persistent(r.value()),
  R: (r) => r.call(),
  S: quotedLine,
  T: (r) => r.push(r.take(r.uint32())),
  U: (r) => r.push(r.take(r.byte())),
  V: (r) => r.push(r.line()),
  X: (r) => r.push(r.text(r.take(r.uint32()))),
  a: (r) => r.append([r.value()]),
  b: (r) => r.build(),
  c: (r) => r.name(r.line(), r.line()),
  d: (r) => {
    const items = r.toMark()
    r.push(r.counted(new Map()))
    r.setItems(items)
  },
  '}': (r) => r.push(r.counted(new Map())),
  e: (r) => r.append(r.toMark()),
  g: (r) => r.get(Number(r.line())),
  h: (r) => r.get(r.byte()),
  j: (r) => r.get(r.uint32()),
  l: (r) => r.push(r.counted(r.toMark())),
  ']': (r) => r.push(r.counted([])),
  p: (r) => r.put(Number(r.line())),
  q: (r) => r.put(r.byte()),
  r: (r) => r.put(r.uint32()),
  s: (r) => {
    const value = r.value()
    r.setItems([r.value(), value])
  },
  t: (r) => r.push(r.counted(new PickleTuple(r.toMark()))),
  ')': (r) => r.push(r.counted(new PickleTuple([]))),
  u: (r) => r.setItems(r.toMark()),
  B: (r) => r.push(r.take(r.uint32())),
  C: (r) => r.push(r.take(r.byte())),
  G: (r) => r.push(r.float64()),
  '\x80': (r) => {
    const protocol = r.byte()
    if (protocol > 5) throw r.fault('pickle has a protocol that is not read', String(protocol))
  },
  '\x81': (r) => r.call(),
  '\x85': (r) => tuple(r, 1),
  '\x86': (r) => tuple(r, 2),
  '\x87': (r) => tuple(r, 3),
  '\x88': (r) => r.push(true),
  '\x89': (r) => r.push(false),
  '\x8a': (r) => longBytes(r, r.byte()),
  '\x8b': (r) => longBytes(r, r.uint32()),
  '\x8c': (r) => r.push(r.text(r.take(r.byte()))),
  '\x8d': (r) => r.push(r.text(r.take(r.uint64()))),
  '\x8e': (r) => r.push(r.take(r.uint64())),
  // Sets come as lists, and frozen ones as tuples.
  '\x8f': (r) => r.push(r.counted([])),
  '\x90': (r) => r.append(r.toMark()),
  '\x91': (r) => r.push(r.counted(new PickleTuple(r.toMark()))),
  '\x92': (r) => {
    r.value()
    r.call()
  },
  '\x93': (r) => {
    const [name, module] = [r.value(), r.value()]
    if (typeof name !== 'string' || typeof module !== 'string') throw r.fault('pickle names code by no text')
    r.name(module, name)
  },
  '\x94': (r) => r.putNext(),
  '\x95': (r) => void r.take(8),
  '\x96': (r) => r.push(r.take(r.uint64())),
})

function byCode(table: Record<string, Operation>): Record<number, Operation> {
  return Object.fromEntries(Object.entries(table).map(([letter, operation]) => [letter.charCodeAt(0), operation]))
}
