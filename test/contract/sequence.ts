import { describe, expect, test } from 'vitest'
import { hash32 } from '../../src/base/index.ts'
import { type Contract, dense, expectClose, spikes } from './values.ts'

export function describeSequence({ backend, tolerance }: Contract): void {
  describe('tensors', () => {
    test('keep their values, and take others', async () => {
      const b = backend()
      const x = dense(b, [2, 3], 91)
      await expectClose(b, x.handle, [2, 3], x.values, tolerance)
      b.write(x.handle, [1, 2, 3, 4, 5, 6])
      expect(Array.from(await b.read(x.handle))).toEqual([1, 2, 3, 4, 5, 6])
      expect(Array.from(await b.read(b.tensor([3], null)))).toEqual([0, 0, 0])
    })

    test('of spikes keep both bits and the scale', async () => {
      const b = backend()
      const x = b.spikes([4], Uint8Array.of(0, 1, 2, 3), 0.5)
      expect(x.kind).toBe('spikes')
      expect(Array.from(await b.readBytes(x))).toEqual([0, 1, 2, 3])
      expect(Array.from(await b.read(x))).toEqual([0, 0.5, 0, 0.5])
    })

    test('reshape keeps the values; each handle is released on its own', async () => {
      const b = backend()
      const x = dense(b, [2, 6], 92)
      const y = b.reshape(x.handle, [3, 4])
      b.release(x.handle)
      await expectClose(b, y, [3, 4], x.values, tolerance)
      b.release(y)
    })

    test('of a step end with it; others stay', async () => {
      const b = backend()
      const before = dense(b, [4], 93)
      b.beginStep()
      const inside = b.add(before.handle, before.handle)
      await expectClose(
        b,
        inside,
        [4],
        before.values.map((v) => 2 * v),
        tolerance,
      )
      b.endStep()
      await expectClose(b, before.handle, [4], before.values, tolerance)
      await b.finish()
      expect(b.peakBytes()).toBeGreaterThan(0)
    })
  })

  describe('sequences', () => {
    test('add, also one frame to all steps, also spikes', async () => {
      const b = backend()
      const a = dense(b, [3, 2, 5], 94)
      const c = spikes(b, [3, 2, 5], 0.4, 2, 95)
      const frame = dense(b, [1, 2, 5], 96)
      const sum = (p: Float64Array, q: Float64Array) => p.map((v, i) => v + q[i % q.length])
      await expectClose(b, b.add(a.handle, c.handle), [3, 2, 5], sum(a.values, c.values), tolerance)
      await expectClose(b, b.add(a.handle, frame.handle), [3, 2, 5], sum(a.values, frame.values), tolerance)
      await expectClose(b, b.add(frame.handle, c.handle), [3, 2, 5], sum(c.values, frame.values), tolerance)
    })

    test('slice and concat, of both kinds', async () => {
      const b = backend()
      const a = dense(b, [4, 2, 3], 97)
      const part = b.slice(a.handle, 1, 3)
      await expectClose(b, part, [2, 2, 3], a.values.slice(6, 18), tolerance)
      const whole = b.concat([b.slice(a.handle, 0, 1), part, b.slice(a.handle, 3, 4)])
      await expectClose(b, whole, [4, 2, 3], a.values, tolerance)
      const s = spikes(b, [3, 2, 3], 0.5, 1.25, 98)
      const bytes = await b.readBytes(s.handle)
      const joined = b.concat([b.slice(s.handle, 2, 3), b.slice(s.handle, 0, 2)])
      expect(joined.kind).toBe('spikes')
      expect(Array.from(await b.readBytes(joined))).toEqual([...bytes.slice(12), ...bytes.slice(0, 12)])
      expect(Math.max(...(await b.read(joined)))).toBe(1.25)
    })

    test('sumSteps', async () => {
      const b = backend()
      const a = dense(b, [3, 2, 2], 99)
      const sum = a.values.slice(0, 4).map((v, i) => v + a.values[4 + i] + a.values[8 + i])
      await expectClose(b, b.sumSteps(a.handle), [1, 2, 2], sum, tolerance)
    })

    test('activity counts spikes and open windows', async () => {
      const b = backend()
      for (const rate of [0, 0.3, 1]) {
        const s = spikes(b, [5, 3, 7], rate, 1, 100)
        const active = s.values.filter((v) => v !== 0).length
        const open = s.open?.filter((o) => o).length
        expect(Array.from(await b.read(b.activity(s.handle)))).toEqual([active, open])
      }
      const x = b.tensor([2, 3], [0, 1, -2, 0, 0, 3])
      expect((await b.read(b.activity(x)))[0]).toBe(3)
    })
  })

  describe('dropout', () => {
    test('drops by index and key, at all steps alike, and scales the rest', async () => {
      const b = backend()
      const shape = [3, 2, 4, 2, 3]
      const kept = (i: number) => hash32(i % 48, 7) >= 0.3 * 2 ** 32
      const drop = (values: Float64Array) => values.map((v, i) => (kept(i) ? v / 0.7 : 0))
      const x = dense(b, shape, 101)
      await expectClose(b, b.dropout(x.handle, 0.3, 7), shape, drop(x.values), tolerance)
      await expectClose(b, b.dropoutBackward(x.handle, 0.3, 7), shape, drop(x.values), tolerance)
      const s = spikes(b, shape, 0.5, 1, 102)
      const dropped = b.dropout(s.handle, 0.3, 7)
      expect(dropped.kind).toBe('spikes')
      await expectClose(b, dropped, shape, drop(s.values), tolerance)
      const bytes = await b.readBytes(s.handle)
      const expected = bytes.map((byte, i) => (kept(i) ? byte : 0))
      expect(await b.readBytes(dropped)).toEqual(expected)
    })
  })
}
