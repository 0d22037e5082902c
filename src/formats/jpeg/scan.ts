import { damageAt } from '../damage.ts'
import { BitReader, type HuffmanTable } from './bits.ts'
import { type Component, type Frame, naturalOrder } from './frame.ts'

export interface ScanPart {
  readonly component: Component
  readonly dc: HuffmanTable | undefined
  readonly ac: HuffmanTable | undefined
}

/** What a scan's header says. */
export interface Scan {
  readonly parts: readonly ScanPart[]
  /** First and last coefficient in zigzag order. */
  readonly first: number
  readonly last: number
  /** Bit positions before and now, of progressive scans. */
  readonly high: number
  readonly low: number
  /** Units between restart markers; 0: none. */
  readonly restart: number
}

type BlockReader = (part: ScanPart, at: number, k: number) => void

/** Reads one scan's coefficients into the frame; gives where it ends. */
export function readScan(frame: Frame, scan: Scan, bytes: Uint8Array, start: number, file: string): number {
  const bits = new BitReader(bytes, start, file)
  const state = { previous: new Int32Array(scan.parts.length), run: 0 }
  const read = blockReader(frame, scan, bits, state, file)
  const single = scan.parts.length === 1 ? scan.parts[0] : null
  const wide = single ? single.component.blocksWide : frame.unitsWide
  const units = wide * (single ? single.component.blocksHigh : frame.unitsHigh)
  for (let unit = 0; unit < units; unit++) {
    if (scan.restart > 0 && unit > 0 && unit % scan.restart === 0) {
      bits.restart()
      state.previous.fill(0)
      state.run = 0
    }
    const [x, y] = [unit % wide, Math.floor(unit / wide)]
    if (single) read(single, 64 * (y * single.component.keptWide + x), 0)
    else readUnit(scan, x, y, read)
  }
  return bits.at
}

function readUnit(scan: Scan, x: number, y: number, read: BlockReader): void {
  for (let k = 0; k < scan.parts.length; k++) {
    const part = scan.parts[k]
    const { h, v, keptWide } = part.component
    for (let j = 0; j < v; j++) {
      for (let i = 0; i < h; i++) read(part, 64 * ((y * v + j) * keptWide + x * h + i), k)
    }
  }
}

interface ScanState {
  /** The last DC value of each part. */
  readonly previous: Int32Array
  /** Blocks still to come that have no further coefficients. */
  run: number
}

function blockReader(frame: Frame, scan: Scan, bits: BitReader, state: ScanState, file: string): BlockReader {
  const { first, high, low } = scan
  const table = (found: HuffmanTable | undefined): HuffmanTable => {
    if (found) return found
    throw damageAt(file, bits.at, { what: 'JPEG scan uses a code that was not defined' })
  }
  const readDc: BlockReader = (part, at, k) => {
    state.previous[k] += bits.takeSigned(bits.symbol(table(part.dc)) & 15)
    part.component.coefficients[at] = state.previous[k] << low
  }
  if (!frame.progressive) {
    return (part, at, k) => {
      readDc(part, at, k)
      readBaselineAc(bits, table(part.ac), part.component.coefficients, at)
    }
  }
  if (first === 0) {
    if (high === 0) return readDc
    return ({ component }, at) => {
      if (bits.take(1)) component.coefficients[at] |= 1 << low
    }
  }
  if (high === 0) return (part, at) => readFirstAc(bits, table(part.ac), part.component.coefficients, at, scan, state)
  return (part, at) => refineAc(bits, table(part.ac), part.component.coefficients, at, scan, state)
}

function readBaselineAc(bits: BitReader, table: HuffmanTable, coefficients: Int16Array, at: number): void {
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(table)
    const size = symbol & 15
    k += symbol >> 4
    if (size > 0) coefficients[at + naturalOrder[k]] = bits.takeSigned(size)
    else if (symbol !== 0xf0) return
  }
}

/** Reads one block's coefficients, or what a pass of a progressive file adds to them. */
type AcReader = (
  bits: BitReader,
  table: HuffmanTable,
  coefficients: Int16Array,
  at: number,
  scan: Scan,
  state: ScanState,
) => void

const readFirstAc: AcReader = (bits, table, coefficients, at, { first, last, low }, state) => {
  if (state.run > 0) {
    state.run--
    return
  }
  for (let k = first; k <= last; k++) {
    const symbol = bits.symbol(table)
    const [zeros, size] = [symbol >> 4, symbol & 15]
    if (size > 0) {
      k += zeros
      coefficients[at + naturalOrder[k]] = bits.takeSigned(size) << low
    } else if (zeros === 15) k += 15
    else {
      state.run = (1 << zeros) - 1 + bits.take(zeros)
      return
    }
  }
}

/** One more bit for coefficients that are not zero yet, and new ones of size 1 between them. */
const refineAc: AcReader = (bits, table, coefficients, at, { first, last, low }, state) => {
  const bit = 1 << low
  const refine = (place: number) => {
    const value = coefficients[place]
    if (bits.take(1) && (value & bit) === 0) coefficients[place] = value + (value > 0 ? bit : -bit)
  }
  let k = first
  while (k <= last && state.run === 0) {
    const symbol = bits.symbol(table)
    let zeros = symbol >> 4
    let value = 0
    if ((symbol & 15) !== 0) value = bits.take(1) ? bit : -bit
    else if (zeros < 15) {
      state.run = (1 << zeros) + bits.take(zeros)
      break
    }
    for (; k <= last; k++) {
      const place = at + naturalOrder[k]
      if (coefficients[place] !== 0) refine(place)
      else if (zeros-- === 0) break
    }
    if (value !== 0 && k <= last) coefficients[at + naturalOrder[k]] = value
    k++
  }
  if (state.run === 0) return
  for (; k <= last; k++) if (coefficients[at + naturalOrder[k]] !== 0) refine(at + naturalOrder[k])
  state.run--
}
