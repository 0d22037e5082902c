import { describe, expect, test } from 'vitest'
import { ShapeError, SpikeletError } from '../../base/index.ts'
import { createInterpreter } from './interpreter.ts'

describe('the interpreter refuses', () => {
  test('released tensors, also views, also those of an ended step', () => {
    const backend = createInterpreter()
    const x = backend.tensor([2], [1, 2])
    backend.release(x)
    expect(() => backend.add(x, x)).toThrow(/released tensor/)
    expect(() => backend.release(x)).toThrow(SpikeletError)
    backend.beginStep()
    const y = backend.tensor([2], [1, 2])
    backend.endStep()
    expect(() => backend.scale(y, 2)).toThrow(/released tensor/)
  })

  test('tensors of another interpreter only by kind: a foreign handle', () => {
    const backend = createInterpreter()
    expect(() => backend.release({ kind: 'dense', shape: [1] })).toThrow(/another backend/)
  })

  test('values that do not fill their shape, and spikes where numbers are needed', () => {
    const backend = createInterpreter()
    expect(() => backend.tensor([2, 2], [1])).toThrow(ShapeError)
    expect(() => backend.spikes([2], Uint8Array.of(1), 1)).toThrow(ShapeError)
    const s = backend.spikes([2], Uint8Array.of(1, 0), 1)
    expect(() => backend.scale(s, 2)).toThrow(/dense tensor is needed/)
  })

  test('steps inside steps', () => {
    const backend = createInterpreter()
    expect(() => backend.endStep()).toThrow(/outside a step/)
    backend.beginStep()
    expect(() => backend.beginStep()).toThrow(/inside a step/)
  })
})

test('the interpreter counts the most bytes in use at once; views cost nothing', () => {
  const backend = createInterpreter()
  const x = backend.tensor([100], null)
  const view = backend.reshape(x, [10, 10])
  expect(backend.peakBytes()).toBe(800)
  backend.release(x)
  const y = backend.tensor([100], null)
  expect(backend.peakBytes()).toBe(1600)
  backend.release(view)
  backend.release(y)
  backend.tensor([150], null)
  expect(backend.peakBytes()).toBe(1600)
})
