import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { defineNeuron } from './define.ts'
import { evaluate } from './sequence.ts'

const definition = {
  name: 'adaptive',
  constants: { tau: 2, threshold: 1 },
  learnable: { beta: 0.5 },
  equations: `
    u = (1 - 1/tau) * u + x
    s = spike(u - threshold - beta * a)
    a = 0.9 * a + s
    u = u - s * threshold`,
}

it('the neuron of the documentation runs as written by hand', () => {
  const neuron = defineNeuron(definition)()
  expect(neuron.program.states.map(({ name }) => name)).toEqual(['u', 'a'])
  const x = Array.from({ length: 40 }, (_, t) => 0.9 + 0.5 * Math.sin(t))
  const { s, observed } = evaluate(neuron, x, { T: x.length })
  let [u, a, spikes] = [0, 0, 0]
  x.forEach((current, t) => {
    u = 0.5 * u + current
    expect(observed['u#1'][t]).toBe(u)
    const fires = u >= 1 + 0.5 * a ? 1 : 0
    a = 0.9 * a + fires
    u -= fires
    spikes += fires
    expect([s[t], observed.a[t], observed['u#2'][t]]).toEqual([fires, a, u])
  })
  expect(spikes).toBeGreaterThan(5)
  expect(spikes).toBeLessThan(35)
})

it('the documentation shows the message that comes', () => {
  const text = readFileSync(new URL('../../docs/neuron-language.md', import.meta.url), 'utf8')
  const wrong = { ...definition, equations: definition.equations.replace('1/tau', '1/tua') }
  let message = ''
  try {
    defineNeuron(wrong)
  } catch (error) {
    message = (error as Error).message
  }
  expect(message).toContain('^^^')
  for (const line of message.split('\n')) expect(text).toContain(`    ${line}\n`)
})
