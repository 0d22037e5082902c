import { n, overTasks, readArguments } from './tasks.ts'
import { i32, i32x4, type Local, type Value, v128, wide } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/**
 * Lists of active channels from spike bytes, without a branch. With four lanes: four bytes give a number 0..15, a table
 * of 16 rows gives the places of its set bits, and the list grows by as many entries as there are bits. With more lanes, one
 * operation moves the entries of the set bits together. What is written beyond them is overwritten by the next.
 */

/**
 * What `appendPixel` reads; the host writes it once per call. With four lanes one row per number 0..15: the set bits'
 * positions times `stride`, in order. With more lanes the first multiples of `stride`, one a lane.
 */
export function compressTable(stride: number, lanes: number): number[] {
  if (lanes > 4) return Array.from({ length: lanes }, (_, i) => i * stride)
  const words: number[] = []
  for (let mask = 0; mask < 16; mask++) {
    const set = [0, 1, 2, 3].filter((bit) => mask & (1 << bit))
    for (let i = 0; i < 4; i++) words.push((set[i] ?? 0) * stride)
  }
  return words
}

/** One row of 16 bytes per number 0..15: which packed float goes to which of four lanes; 0x80 leaves a zero. */
export function expandTable(): Uint8Array {
  const bytes = new Uint8Array(256).fill(0x80)
  for (let mask = 0; mask < 16; mask++) {
    let packed = 0
    for (let bit = 0; bit < 4; bit++) {
      if (!(mask & (1 << bit))) continue
      for (let i = 0; i < 4; i++) bytes[16 * mask + 4 * bit + i] = 4 * packed + i
      packed++
    }
  }
  return bytes
}

/** Bit `bit` of four neighbouring bytes as a number 0..15. */
export function maskOfFour(address: Value, bit: number): Value {
  const bytes = i32.load(address)
  const bits = i32.and(bit === 0 ? bytes : i32.shrU(bytes, n(bit)), n(0x01010101))
  return i32.shrU(i32.mul(bits, n(0x01020408)), n(24))
}

/**
 * Appends to `list` the entry channel * stride for every channel of one pixel whose bit is set.
 * @param channels a multiple of the lanes
 * @param list address of the next entry, advanced
 */
export function appendPixel(
  w: Writer,
  bit: number,
  pixel: Local,
  channels: Local,
  table: Local,
  stride: Local,
  list: Local,
): void {
  const [channel, mask] = [w.i32(), w.i32()]
  if (w.lanes > 4) {
    const entries = w.wide(wide.load(table))
    const step = w.wide(i32x4.splatWide(i32.mul(stride, n(w.lanes))))
    w.for(channel, n(0), channels, n(w.lanes), () => {
      w.set(mask, wide.testBytes(i32.add(pixel, channel), bit))
      w.do(wide.store(list, wide.compress(entries, mask)))
      w.set(list, i32.add(list, i32.shl(i32.popcnt(mask), n(2))))
      w.set(entries, i32x4.add(entries, step))
    })
    return
  }
  const base = w.v128(i32x4.const(0))
  const step = w.v128(i32x4.splat(i32.shl(stride, n(2))))
  w.for(channel, n(0), channels, n(4), () => {
    w.set(mask, maskOfFour(i32.add(pixel, channel), bit))
    w.do(v128.store(list, i32x4.add(v128.load(i32.add(table, i32.shl(mask, n(4)))), base)))
    w.set(list, i32.add(list, i32.shl(i32.popcnt(mask), n(2))))
    w.set(base, i32x4.add(base, step))
  })
}

/** Words of a segment: source and target address, bytes per row (a multiple of 16), rows, and both row strides in bytes. */
export const segmentWords = 6

/** Copies rows of weights to where the event kernels want them. Arguments: tasks, segmentTable. One task is one segment. */
export function copyRows(target: Target, counter: number) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, ['tasks', 'segments'])
    const [row, at] = [w.i32(), w.i32()]
    overTasks(w, counter, a.tasks, (task) => {
      const segment = w.i32(i32.add(a.segments, i32.mul(task, n(4 * segmentWords))))
      const [from, to, bytes, rows, fromStep, toStep] = [0, 4, 8, 12, 16, 20].map((o) => w.i32(i32.load(segment, o)))
      w.for(row, n(0), rows, n(1), () => {
        w.for(at, n(0), bytes, n(16), () => {
          w.do(v128.store(i32.add(to, at), v128.load(i32.add(from, at))))
        })
        w.set(from, i32.add(from, fromStep))
        w.set(to, i32.add(to, toStep))
      })
    })
  })
}
