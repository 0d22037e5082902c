import { describe, expect, it } from 'vitest'
import { createInterpreter, createWasm } from '../backends/index.ts'
import { defineNeuron } from '../equations/index.ts'
import { nativeCode } from '../hosts/node/node-native.ts'

/** Functions of equations on every kind of code, against float64, over the range that neurons use. */
const values = Float64Array.from({ length: 1600 }, (_, i) => (i < 1200 ? (i - 600) / 100 : (i - 1400) * 0.87))

const functions: { readonly [call: string]: (x: number) => number } = {
  'sin(x)': Math.sin,
  'cos(x)': Math.cos,
  'erf(x)': reference,
  'floor(x)': Math.floor,
  'round(x)': (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  'where(x - 1, 2 * x, -x)': (x) => (x >= 1 ? 2 * x : -x),
}

/** The error function as the integral that it is, by Simpson's rule. */
function reference(x: number): number {
  const [a, n] = [Math.min(Math.abs(x), 6), 4000]
  const f = (t: number) => Math.exp(-t * t)
  let sum = f(0) + f(a)
  for (let i = 1; i < n; i++) sum += (i % 2 ? 4 : 2) * f((a * i) / n)
  return (Math.sign(x) * (2 / Math.sqrt(Math.PI)) * sum * a) / n / 3
}

const kinds = ['interpreter', 'wasm', 'avx2', 'avx512'] as const

describe.each(kinds)('on %s', (kind) => {
  const native = kind === 'avx2' || kind === 'avx512' ? nativeCode(kind) : null
  const start = async () => (kind === 'interpreter' ? createInterpreter() : createWasm({ native }))

  it.skipIf(kind.startsWith('avx') && !native).each(Object.entries(functions))('%s', async (call, expected) => {
    const backend = await start()
    const neuron = defineNeuron({ name: 'one', equations: `s = ${call}` })()
    const exact = kind === 'interpreter'
    const x = backend.tensor([1, 1, values.length], values)
    const { output } = backend.neuron(x, {
      ...{ neuron, T: 1, parameters: [], normalisation: null, state: null, wantState: false, wantBackward: false },
    })
    const got = await backend.read(output)
    values.forEach((value, i) => {
      const held = exact ? value : Math.fround(value)
      const wanted = expected(held)
      const error = Math.abs(got[i] - wanted) / Math.max(1, Math.abs(wanted))
      expect(error, `at ${held}`).toBeLessThan(exact ? 1e-13 : 2.5e-7)
    })
    await backend.close()
  })
})
