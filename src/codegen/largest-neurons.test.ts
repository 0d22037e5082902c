import { describe, expect, it } from 'vitest'
import { defineNeuron, type Neuron, type NeuronDefinition } from '../equations/index.ts'
import { avx2Target, avx512Target, neuronBackward, neuronForward, wasmTarget } from './index.ts'

/** The largest neurons that the equations' bound lets through must become code on every target. */
const many = (n: number, make: (i: number) => string): string[] => Array.from({ length: n }, (_, i) => make(i))

/** A sum as a tree, so that it is not too deep. */
function sum(terms: readonly string[]): string {
  const half = terms.length >> 1
  return half === 0 ? terms[0] : `(${sum(terms.slice(0, half))} + ${sum(terms.slice(half))})`
}

const kinds: { readonly [kind: string]: (n: number) => Omit<NeuronDefinition, 'name'> } = {
  exponentials: (n) => ({ equations: `s = spike(${sum(many(n, (i) => `exp(x * 0.${i + 1})`))})` }),
  'leaking states': (n) => ({
    equations: [
      ...many(n, (i) => `a${i} = a${i} * 0.5 + exp(x * 0.${i + 1})`),
      `s = spike(${sum(many(n, (i) => `a${i}`))})`,
    ].join('\n'),
  }),
  'learned parameters': (n) => ({
    learnable: Object.fromEntries(many(n, (i) => `p${i}`).map((name) => [name, { start: 0.1, per: 'channel' }])),
    equations: `s = spike(${sum(many(n, (i) => `p${i} * x`))})`,
  }),
}

/** With as many parts as are taken. */
function largest(make: (n: number) => Omit<NeuronDefinition, 'name'>): Neuron {
  let [taken, refused] = [1, 500]
  const of = (n: number) => defineNeuron({ name: 'large', ...make(n) })()
  while (refused - taken > 1) {
    const n = (taken + refused) >> 1
    try {
      of(n)
      taken = n
    } catch {
      refused = n
    }
  }
  return of(taken)
}

/** What `sub rsp, imm32` takes from the stack. */
function frameOf(code: Uint8Array): number {
  const at = code.findIndex((byte, i) => byte === 0x48 && code[i + 1] === 0x81 && code[i + 2] === 0xec)
  return new DataView(code.buffer, code.byteOffset).getUint32(at + 3, true)
}

describe.each(Object.entries(kinds))('as many %s as a neuron may have', (_, make) => {
  const neuron = largest(make)
  const options = { neuron, normalised: true, relaxed: false, truncation: 'window' } as const

  it('fill the bound', () => {
    expect(neuron.program.instructions.length + neuron.adjoint.instructions.length).toBeGreaterThan(980)
  })

  it.each([neuronForward, neuronBackward])('are taken by WebAssembly, and leave most of a stack: %o', (write) => {
    const wasm = write(wasmTarget({ minimum: 1, maximum: 2, shared: false }), 128, options)
    expect(() => new WebAssembly.Module(wasm)).not.toThrow()
    // A worker has 4 MiB of stack, of which JavaScript leaves 3.
    for (const target of [avx2Target, avx512Target])
      expect(frameOf(write(target, 128, options))).toBeLessThan(128 * 1024)
  })
})

it('every function that equations know becomes code on every target, alone and within others', () => {
  const calls = ['sigmoid', 'tanh', 'exp', 'log', 'relu', 'abs', 'sqrt'].flatMap((f) => [
    `${f}(x)`,
    `${f}(log(tanh(x)))`,
  ])
  for (const call of [...calls, 'min(x, exp(x))', 'max(log(x), x)', '(x / exp(x))^5', '1 / tanh(x)^3']) {
    const neuron = defineNeuron({ name: 'one', equations: `u = u * 0.5 + ${call}\ns = spike(u - ${call})` })()
    const options = { neuron, normalised: true, relaxed: true, truncation: 'prefix' } as const
    for (const target of [avx2Target, avx512Target])
      for (const write of [neuronForward, neuronBackward])
        expect(write(target, 128, options).length).toBeGreaterThan(100)
  }
})
