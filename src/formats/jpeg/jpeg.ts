import { damageAt } from '../damage.ts'
import { checkImageSize, type DecodedImage } from '../image.ts'
import { type HuffmanTable, huffmanTable } from './bits.ts'
import { type Component, type Frame, naturalOrder } from './frame.ts'
import { inverseDct } from './inverse-dct.ts'
import { readScan, type Scan } from './scan.ts'
import { type Plane, upsampled } from './upsample.ts'

/** Scans that a picture may have: encoders write about ten, and each costs a pass over all blocks. */
const mostScans = 64

/** Whether the bytes begin as a JPEG file does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
}

/**
 * Reads a JPEG file, baseline or progressive, 8 bits, grey or colour, with the arithmetic that libjpeg has by default, so
 * that pixels equal those of most programs.
 * @param options.maxPixels most pixels an image may have; default 2^24
 * @throws FormatError if it is damaged or truncated, larger than allowed, or of a kind that is not read (CMYK,
 * arithmetic coding, lossless, 12 bits)
 * @see ITU-T T.81
 */
export function readJpeg(bytes: Uint8Array, options: { file?: string; maxPixels?: number } = {}): DecodedImage {
  return new JpegReader(bytes, options.file ?? 'JPEG bytes', options.maxPixels).read()
}

class JpegReader {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly file: string
  private readonly maxPixels: number | undefined
  private readonly quantisations = new Map<number, Uint16Array>()
  /** By class (0: DC, 16: AC) and number. */
  private readonly codes = new Map<number, HuffmanTable>()
  private frame: Frame | undefined
  private restart = 0
  private scans = 0
  /** What Adobe's marker says of the colours: 0 as they are, 1 YCbCr. */
  private adobe: number | undefined

  constructor(bytes: Uint8Array, file: string, maxPixels: number | undefined) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.file = file
    this.maxPixels = maxPixels
  }

  read(): DecodedImage {
    if (!isJpeg(this.bytes)) throw this.fault(0, 'not a JPEG file', 'ff d8 ff', 'other bytes')
    for (let at = 2; ; ) {
      const marker = this.nextMarker(at)
      if (marker === null || this.bytes[marker] === 0xd9) break
      at = this.segment(this.bytes[marker], marker + 1)
    }
    const { frame } = this
    if (!frame || this.scans === 0) throw this.fault(this.bytes.length, 'JPEG file ends before its image')
    return this.image(frame)
  }

  private fault(at: number, what: string, expected?: string, got?: string) {
    return damageAt(this.file, at, { what, ...(expected ? { expected } : {}), ...(got ? { got } : {}) })
  }

  /** Where the next marker's code is; null at the end of the file. */
  private nextMarker(from: number): number | null {
    const { bytes } = this
    for (let at = from; at + 1 < bytes.length; at++) {
      if (bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff) return at + 1
    }
    return null
  }

  /** Reads the segment of a marker; gives where to look for the next. */
  private segment(marker: number, at: number): number {
    if (marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) return at
    const length = at + 2 <= this.bytes.length ? this.view.getUint16(at) : 0
    const end = at + length
    if (length < 2 || end > this.bytes.length) {
      throw this.fault(at, 'JPEG segment is longer than the file', `2 to ${this.bytes.length - at} bytes`, `${length}`)
    }
    const start = at + 2
    if (marker === 0xdb) this.readQuantisations(start, end)
    else if (marker === 0xc4) this.readCodes(start, end)
    else if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2)
      this.frame = this.readFrame(start, end, marker === 0xc2)
    else if (marker >= 0xc3 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc) throw this.otherKind(marker, at)
    else if (marker === 0xdd && length === 4) this.restart = this.view.getUint16(start)
    else if (marker === 0xee && length >= 14 && this.text(start, 5) === 'Adobe') this.adobe = this.bytes[start + 11]
    else if (marker === 0xda) return this.readScanAt(start, end)
    return end
  }

  private text(at: number, length: number): string {
    return String.fromCharCode(...this.bytes.subarray(at, at + length))
  }

  private otherKind(marker: number, at: number) {
    return damageAt(this.file, at, {
      what: 'this kind of JPEG is not read',
      expected: 'baseline or progressive Huffman coding',
      got: `marker ff ${marker.toString(16)}`,
      next: 'Save it again as an ordinary JPEG or PNG.',
    })
  }

  private readQuantisations(start: number, end: number): void {
    for (let at = start; at < end; ) {
      const wide = this.bytes[at] >> 4
      const size = wide ? 128 : 64
      if (wide > 1 || at + 1 + size > end) throw this.fault(at, 'JPEG quantisation table is damaged')
      const table = new Uint16Array(64)
      for (let i = 0; i < 64; i++) {
        table[naturalOrder[i]] = wide ? this.view.getUint16(at + 1 + 2 * i) : this.bytes[at + 1 + i]
      }
      this.quantisations.set(this.bytes[at] & 15, table)
      at += 1 + size
    }
  }

  private readCodes(start: number, end: number): void {
    for (let at = start; at < end; ) {
      const counts = this.bytes.subarray(at + 1, at + 17)
      const total = counts.reduce((sum, count) => sum + count, 0)
      const next = at + 17 + total
      const table = next <= end && total <= 256 ? huffmanTable(counts, this.bytes.subarray(at + 17, next)) : null
      if (!table) throw this.fault(at, 'JPEG Huffman table is damaged')
      this.codes.set(this.bytes[at] & 0x1f, table)
      at = next
    }
  }

  private readFrame(start: number, end: number, progressive: boolean): Frame {
    const { view, bytes } = this
    const count = end - start >= 6 ? bytes[start + 5] : 0
    if (this.frame || end - start !== 6 + 3 * count || bytes[start] !== 8 || (count !== 1 && count !== 3)) {
      throw damageAt(this.file, start, {
        what: 'this JPEG frame is damaged, or of a kind that is not read',
        expected: 'one frame of 8 bits, grey or three colours',
        got: this.frame ? 'a second frame' : `${bytes[start]} bits, ${count} colours`,
        next: 'Save it again as an ordinary JPEG or PNG.',
      })
    }
    const [height, width] = [view.getUint16(start + 1), view.getUint16(start + 3)]
    checkImageSize(width, height, this.file, start, this.maxPixels)
    const raw = Array.from({ length: count }, (_, i) => {
      const at = start + 6 + 3 * i
      return { id: bytes[at], h: bytes[at + 1] >> 4, v: bytes[at + 1] & 15, quantisation: bytes[at + 2] }
    })
    if (raw.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) {
      throw this.fault(
        start,
        'JPEG sampling factors are damaged',
        '1 to 4',
        raw.map(({ h, v }) => `${h}x${v}`).join(', '),
      )
    }
    const maxH = Math.max(...raw.map(({ h }) => h))
    const maxV = Math.max(...raw.map(({ v }) => v))
    const [unitsWide, unitsHigh] = [Math.ceil(width / (8 * maxH)), Math.ceil(height / (8 * maxV))]
    const kept = raw.reduce((sum, { h, v }) => sum + unitsWide * h * unitsHigh * v, 0)
    if (kept > 8 * bytes.length) {
      throw this.fault(
        start,
        'JPEG file is too short for an image of its size',
        `${Math.ceil(kept / 8)} bytes or more`,
        `${bytes.length}`,
      )
    }
    const components = raw.map((one): Component => {
      const [keptWide, keptHigh] = [unitsWide * one.h, unitsHigh * one.v]
      return {
        ...one,
        blocksWide: Math.ceil((Math.ceil(width / 8) * one.h) / maxH),
        blocksHigh: Math.ceil((Math.ceil(height / 8) * one.v) / maxV),
        keptWide,
        keptHigh,
        coefficients: new Int16Array(64 * keptWide * keptHigh),
      }
    })
    return { width, height, progressive, maxH, maxV, unitsWide, unitsHigh, components }
  }

  private readScanAt(start: number, end: number): number {
    const { bytes, frame } = this
    const count = bytes[start]
    const fault = () => this.fault(start, 'JPEG scan header is damaged')
    if (!frame || count < 1 || count > 3 || end - start !== 4 + 2 * count || ++this.scans > mostScans) throw fault()
    const parts = Array.from({ length: count }, (_, i) => {
      const [id, tables] = [bytes[start + 1 + 2 * i], bytes[start + 2 + 2 * i]]
      const component = frame.components.find((one) => one.id === id)
      if (!component) throw fault()
      return { component, dc: this.codes.get(tables >> 4), ac: this.codes.get(16 + (tables & 15)) }
    })
    const [first, last, approximation] = bytes.subarray(start + 1 + 2 * count, end)
    const scan: Scan = { parts, first, last, high: approximation >> 4, low: approximation & 15, restart: this.restart }
    if (frame.progressive && (last > 63 || first > last || (first > 0 && count > 1) || scan.low > 13)) throw fault()
    if (new Set(parts.map(({ component }) => component)).size !== count) throw fault()
    return readScan(frame, scan, bytes, end, this.file)
  }

  private image(frame: Frame): DecodedImage {
    const { width, height, components } = frame
    const planes = components.map((component) => {
      const { h, v } = component
      return upsampled(this.plane(frame, component), frame.maxH / h, frame.maxV / v, width, height)
    })
    if (planes.length === 1) return { width, height, channels: 1, pixels: planes[0] }
    const letters = components.map(({ id }) => String.fromCharCode(id)).join('')
    const asTheyAre = this.adobe === 0 || (this.adobe === undefined && letters === 'RGB')
    return { width, height, channels: 3, pixels: asTheyAre ? interleaved(planes) : fromYcc(planes) }
  }

  private plane({ width, height, maxH, maxV }: Frame, component: Component): Plane {
    const { keptWide, keptHigh, coefficients, h, v, quantisation } = component
    const table = this.quantisations.get(quantisation)
    if (!table) throw this.fault(0, `JPEG quantisation table ${quantisation} was not defined`)
    const stride = 8 * keptWide
    const values = new Uint8Array(64 * keptWide * keptHigh)
    const work = new Int32Array(64)
    for (let block = 0; block < keptWide * keptHigh; block++) {
      const to = Math.floor(block / keptWide) * 8 * stride + (block % keptWide) * 8
      inverseDct(coefficients, 64 * block, table, values, to, stride, work)
    }
    component.coefficients = new Int16Array(0)
    return { values, stride, width: Math.ceil((width * h) / maxH), height: Math.ceil((height * v) / maxV) }
  }
}

function interleaved([a, b, c]: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(3 * a.length)
  for (let i = 0; i < a.length; i++) {
    out[3 * i] = a[i]
    out[3 * i + 1] = b[i]
    out[3 * i + 2] = c[i]
  }
  return out
}

/** YCbCr of ITU-R 601 to red, green, blue, with factors times 2^16. */
function fromYcc([luma, blue, red]: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8ClampedArray(3 * luma.length)
  for (let i = 0; i < luma.length; i++) {
    const [y, cb, cr] = [luma[i], blue[i] - 128, red[i] - 128]
    out[3 * i] = y + ((91881 * cr + 32768) >> 16)
    out[3 * i + 1] = y + ((-22554 * cb - 46802 * cr + 32768) >> 16)
    out[3 * i + 2] = y + ((116130 * cb + 32768) >> 16)
  }
  return new Uint8Array(out.buffer)
}
