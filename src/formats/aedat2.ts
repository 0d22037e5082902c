import { suggestion, UsageError } from '../base/index.ts'
import { damageAt } from './damage.ts'
import { EventList, type Events, type SensorSize } from './events.ts'
import { readTextHeader } from './text-header.ts'

const recordLength = 8

/** How a camera puts x, y and polarity into a 32-bit address. */
export interface AddressLayout extends SensorSize {
  /** What these cameras are called in a file's header. */
  readonly chips: RegExp
  /** Whether the address is that of a polarity event; all by default. */
  isEvent?(address: number): boolean
  x(address: number): number
  y(address: number): number
  p(address: number): number
  address(x: number, y: number, p: number): number
}

/** Bit 15 marks special events of the DVS128, such as those of its synchronisation input: they say nothing of brightness. */
const isBrightness = (a: number) => (a & 0x8000) === 0

const dvs128Field = { x: (a: number) => (a & 0xfe) >> 1, y: (a: number) => (a & 0x7f00) >> 8 }

/** Addresses by camera. CIFAR10-DVS was recorded with a DVS128 that stood on its side. */
const layouts = {
  dvs128: {
    chips: /DVS128/i,
    width: 128,
    height: 128,
    isEvent: isBrightness,
    x: (a) => 127 - dvs128Field.x(a),
    y: dvs128Field.y,
    p: (a) => 1 - (a & 1),
    address: (x, y, p) => (y << 8) | ((127 - x) << 1) | (1 - p),
  },
  'cifar10-dvs': {
    chips: /(?!)/,
    width: 128,
    height: 128,
    isEvent: isBrightness,
    x: (a) => 127 - dvs128Field.y(a),
    y: (a) => 127 - dvs128Field.x(a),
    p: (a) => 1 - (a & 1),
    address: (x, y, p) => ((127 - x) << 8) | ((127 - y) << 1) | (1 - p),
  },
  davis240: davis(/DAVIS240|SBRet10/i, 240, 180),
  davis346: davis(/DAVIS346/i, 346, 260),
} satisfies Record<string, AddressLayout>

/** DAVIS cameras: bit 31 marks frames and motion; y in bits 22 to 30, x in 12 to 21, polarity in 11; 10 external. */
function davis(chips: RegExp, width: number, height: number): AddressLayout {
  return {
    chips,
    width,
    height,
    isEvent: (a) => a >>> 31 === 0 && (a & 0x400) === 0,
    x: (a) => width - 1 - ((a >>> 12) & 0x3ff),
    y: (a) => height - 1 - ((a >>> 22) & 0x1ff),
    p: (a) => (a >>> 11) & 1,
    address: (x, y, p) => (((height - 1 - y) << 22) | ((width - 1 - x) << 12) | (p << 11)) >>> 0,
  }
}

export type Aedat2Layout = keyof typeof layouts

export const aedat2Layouts = Object.keys(layouts) as Aedat2Layout[]

/** Whether the bytes begin as a file of AEDAT 2 (or 1, which is read alike) does. */
export function isAedat2(bytes: Uint8Array): boolean {
  return /^#!AER-DAT2/.test(String.fromCharCode(...bytes.subarray(0, 11)))
}

/**
 * Reads AEDAT 2: lines of text that begin with #, then a 32-bit address and a 32-bit time in microseconds an event,
 * highest byte first. A file of only a header holds no events. Events that are none of brightness are left out. Times that wrap around at 2^32 go on.
 * @param options.layout of the addresses; default: that of the camera which the header names
 * @throws FormatError if the header is missing, the file ends within an event, or an address lies outside of the
 * sensor; UsageError if the layout is unknown, or the camera is, and no layout was given
 */
export function readAedat2(bytes: Uint8Array, options: { file?: string; layout?: string } = {}): Events {
  const { file = 'AEDAT bytes' } = options
  if (!isAedat2(bytes)) {
    throw damageAt(file, 0, { what: 'not an AEDAT 2 file', expected: '#!AER-DAT2.0', got: 'other bytes' })
  }
  const { lines, end } = readTextHeader(bytes, { recordLength })
  const body = bytes.length - end
  if (body % recordLength !== 0) {
    throw damageAt(file, bytes.length - (body % recordLength), {
      what: 'AEDAT 2 file ends within an event',
      expected: `whole events of ${recordLength} bytes after the header of ${end} bytes`,
      got: `${body % recordLength} bytes left over`,
    })
  }
  if (body === 0) return new EventList().events(options.layout ? layoutNamed(options.layout) : layoutOf(lines))
  const layout = options.layout === undefined ? requiredLayout(lines, file) : layoutNamed(options.layout)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const list = new EventList()
  let [wrapped, before] = [0, 0]
  for (let at = end; at < bytes.length; at += recordLength) {
    const address = view.getUint32(at)
    const time = view.getUint32(at + 4)
    if (time < before && before - time > 2 ** 31) wrapped += 2 ** 32
    before = time
    if (layout.isEvent && !layout.isEvent(address)) continue
    const [x, y] = [layout.x(address), layout.y(address)]
    if (x < 0 || y < 0 || x >= layout.width || y >= layout.height) {
      throw damageAt(file, at, {
        what: 'AEDAT 2 address outside of the sensor',
        expected: `x below ${layout.width}, y below ${layout.height}`,
        got: `address ${address}: (${x}, ${y})`,
        next: `The file is damaged, or of another camera: name its layout, of ${aedat2Layouts.join(', ')}.`,
      })
    }
    list.push(time + wrapped, x, y, layout.p(address))
  }
  return list.events({ width: layout.width, height: layout.height })
}

/**
 * Writes AEDAT 2.
 * @throws UsageError if the layout is unknown, an event lies outside of its sensor, or a time is negative or above 2^32
 */
export function writeAedat2({ t, x, y, p }: Events, layoutName: string): Uint8Array {
  const layout = layoutNamed(layoutName)
  const chip = { dvs128: 'DVS128', 'cifar10-dvs': 'DVS128', davis240: 'DAVIS240C', davis346: 'DAVIS346' }[layoutName]
  const header = new TextEncoder().encode(
    `#!AER-DAT2.0\r\n# 8 bytes an event: address, microseconds\r\n# AEChip: ${chip}\r\n`,
  )
  const bytes = new Uint8Array(header.length + recordLength * t.length)
  bytes.set(header)
  const view = new DataView(bytes.buffer, header.length)
  for (let i = 0; i < t.length; i++) {
    if (x[i] >= layout.width || y[i] >= layout.height || !(t[i] >= 0 && t[i] < 2 ** 32)) {
      throw new UsageError({
        what: `event ${i} cannot be written as AEDAT 2 of ${layoutName}`,
        expected: `x below ${layout.width}, y below ${layout.height}, times from 0 to below 2^32`,
        got: `t ${t[i]}, x ${x[i]}, y ${y[i]}`,
      })
    }
    view.setUint32(recordLength * i, layout.address(x[i], y[i], p[i]))
    view.setUint32(recordLength * i + 4, t[i])
  }
  return bytes
}

function chipOf(lines: readonly string[]): string | undefined {
  return lines.map((line) => /AEChip:\s*(\S+)/.exec(line)?.[1]).find((chip) => chip !== undefined)
}

function layoutOf(lines: readonly string[]): AddressLayout | undefined {
  const chip = chipOf(lines)
  return chip === undefined ? undefined : Object.values(layouts).find(({ chips }) => chips.test(chip))
}

function requiredLayout(lines: readonly string[], file: string): AddressLayout {
  const layout = layoutOf(lines)
  if (layout) return layout
  throw new UsageError({
    what: 'the header does not say which camera made these addresses',
    place: file,
    expected: 'a known AEChip',
    got: chipOf(lines) ?? 'none',
    next: `Name the layout of its addresses (option \`layout\`), of ${aedat2Layouts.join(', ')}.`,
  })
}

function layoutNamed(name: string): AddressLayout {
  if (Object.hasOwn(layouts, name)) return layouts[name as Aedat2Layout]
  throw new UsageError({
    what: `unknown address layout '${name}'`,
    expected: aedat2Layouts.join(', '),
    got: `'${name}'`,
    next: suggestion(name, aedat2Layouts),
  })
}
