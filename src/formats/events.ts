import { ShapeError } from '../base/index.ts'

/**
 * Address events of one recording, as a structure of arrays of one length, in the order of the file.
 * Event i happened at `t[i]` microseconds at pixel (x[i], y[i]); `p[i]` is 1 where it became brighter, 0 where darker.
 */
export interface Events {
  /** Of the sensor, in pixels. */
  readonly width: number
  readonly height: number
  /** Microseconds; whole numbers. */
  readonly t: Float64Array
  readonly x: Uint16Array
  readonly y: Uint16Array
  readonly p: Uint8Array
}

/** Width and height of a sensor, in pixels. */
export interface SensorSize {
  readonly width: number
  readonly height: number
}

/** Collects events whose number is not known beforehand. */
export class EventList {
  private t = new Float64Array(1024)
  private x = new Uint16Array(1024)
  private y = new Uint16Array(1024)
  private p = new Uint8Array(1024)
  length = 0

  push(t: number, x: number, y: number, p: number): void {
    const i = this.length++
    if (i === this.t.length) this.grow()
    this.t[i] = t
    this.x[i] = x
    this.y[i] = y
    this.p[i] = p
  }

  /** The events so far. Without a size, the smallest sensor that has all of them. */
  events(size?: SensorSize): Events {
    const { length } = this
    const arrays = {
      t: this.t.slice(0, length),
      x: this.x.slice(0, length),
      y: this.y.slice(0, length),
      p: this.p.slice(0, length),
    }
    const { width, height } = size ?? smallestSensor(arrays)
    return { width, height, ...arrays }
  }

  private grow(): void {
    const twice = <Values extends Float64Array | Uint16Array | Uint8Array>(values: Values, larger: Values) => {
      larger.set(values)
      return larger
    }
    this.t = twice(this.t, new Float64Array(2 * this.t.length))
    this.x = twice(this.x, new Uint16Array(2 * this.x.length))
    this.y = twice(this.y, new Uint16Array(2 * this.y.length))
    this.p = twice(this.p, new Uint8Array(2 * this.p.length))
  }
}

/** The smallest sensor that has every one of these pixels; 1x1 for none. */
export function smallestSensor({ x, y }: { x: Uint16Array; y: Uint16Array }): SensorSize {
  let width = 1
  let height = 1
  for (let i = 0; i < x.length; i++) {
    if (x[i] >= width) width = x[i] + 1
    if (y[i] >= height) height = y[i] + 1
  }
  return { width, height }
}

/** Events number `first` to before `end`, as views. */
export function eventRange(events: Events, first: number, end: number): Events {
  const { t, x, y, p } = events
  return {
    ...events,
    t: t.subarray(first, end),
    x: x.subarray(first, end),
    y: y.subarray(first, end),
    p: p.subarray(first, end),
  }
}

/** The events for which `keep` says so, in their order. */
export function eventsWhere(events: Events, keep: (i: number) => boolean): Events {
  const kept: number[] = []
  for (let i = 0; i < events.t.length; i++) if (keep(i)) kept.push(i)
  const { t, x, y, p } = events
  return {
    ...events,
    t: Float64Array.from(kept, (i) => t[i]),
    x: Uint16Array.from(kept, (i) => x[i]),
    y: Uint16Array.from(kept, (i) => y[i]),
    p: Uint8Array.from(kept, (i) => p[i]),
  }
}

/** Counts and times that describe a recording. */
export interface EventSummary {
  readonly events: number
  readonly width: number
  readonly height: number
  /** Microseconds between the earliest and the latest event. */
  readonly durationUs: number
  readonly firstUs: number
  readonly brighter: number
  readonly darker: number
  /** Whether no event is earlier than the one before it. */
  readonly ordered: boolean
}

export function summariseEvents({ width, height, t, p }: Events): EventSummary {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let [brighter, ordered] = [0, true]
  for (let i = 0; i < t.length; i++) {
    if (t[i] < first) first = t[i]
    if (t[i] > last) last = t[i]
    else if (t[i] < last) ordered = false
    brighter += p[i]
  }
  const none = t.length === 0
  return {
    events: t.length,
    width,
    height,
    durationUs: none ? 0 : last - first,
    firstUs: none ? 0 : first,
    brighter,
    darker: t.length - brighter,
    ordered,
  }
}

/** @throws ShapeError if an event lies outside of the sensor */
export function checkOnSensor(events: Events, place: string): Events {
  const { width, height, x, y } = events
  for (let i = 0; i < x.length; i++) {
    if (x[i] < width && y[i] < height) continue
    throw new ShapeError({
      what: `event ${i} lies outside of the sensor`,
      place,
      expected: `x below ${width}, y below ${height}`,
      got: `(${x[i]}, ${y[i]})`,
      next: 'Another sensor size, or another address layout, fits these events.',
    })
  }
  return events
}
