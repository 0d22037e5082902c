import { expect, it } from 'vitest'
import { compile, type EquationSource } from './compile.ts'
import { printProgram } from './print.ts'
import { surrogates } from './surrogates.ts'

function compiled(equations: string, source: Partial<EquationSource> = {}) {
  const constants = { tau: 4, threshold: 1 }
  return compile({ equations, constants, surrogate: surrogates.rectangle, ...source })
}

function stepOf(equations: string): string {
  return printProgram(compiled(equations).program)
}

it('folds constants and shares equal values', () => {
  expect(stepOf('u = (1 - 1/tau) * u + x\na = (1 - 1/tau) * u + x * u\ns = u * x - a')).toMatchInlineSnapshot(`
    "step
      %0 = 0.75
      %1 = u[t-1]
      %2 = %0 * %1
      %3 = x[t]
      %4 = %2 + %3
      %5 = %0 * %4
      %6 = %3 * %4
      %7 = %5 + %6
      %8 = %6 - %7
      s = %8, dense"
  `)
})

it('never re-associates, and folds only what is constant as written', () => {
  expect(stepOf('s = 0.1 + 0.2 + x')).toContain('= 0.30000000000000004\n')
  expect(stepOf('s = x + 0.1 + 0.2').match(/\+/g)).toHaveLength(2)
  expect(stepOf('s = 2 * x * 3').match(/\*/g)).toHaveLength(2)
})

it.each([
  ['s = -x^2', 's = -(x^2)'],
  ['s = 2 - 3 - x', 's = (2 - 3) - x'],
  ['s = 2 + 3 * x', 's = 2 + (3 * x)'],
  ['s = 8 / 2 / x', 's = (8 / 2) / x'],
  ['s = -x * 2', 's = (-x) * 2'],
  ['s = x - -x', 's = x - (-x)'],
  ['s = 2 * x^-2', 's = 2 * (x^-2)'],
  ['s = (x^2)^3', 's = ((x)^2)^3'],
  ['u = x; s = u + .5 # half', 'u = x // input\n\n s = u + 5e-1'],
  ['s = max(\n x,\n 0.5 # least\n)', 's = max(x, 0.5)'],
  ['s = x^1', 's = x'],
])('reads %j as %j', (text, same) => {
  expect(stepOf(text)).toBe(stepOf(same))
})

it('finds states: declared, read before their assignment, the previous spike', () => {
  const { program } = compiled('u = 0.5 * u + x - s\ns = spike(u - a)\na = 0.9 * a + s\nb = u', {
    state: { b: '1 / tau', a: 0.5 },
  })
  expect(program.states.map(({ name, start }) => [name, start])).toEqual([
    ['b', 0.25],
    ['a', 0.5],
    ['u', 0],
    ['s', 0],
  ])
  expect(program.states[3].next).toBe(program.output)
})

it('observes every assignment', () => {
  const { program } = compiled('u = u + x\ns = spike(u - threshold)\nu = u - s')
  const observed = Object.fromEntries(program.observables.map(({ name, value }) => [name, value]))
  expect(Object.keys(observed)).toEqual(['u#1', 'u#2', 'u', 's#1', 's'])
  expect(observed.u).toBe(observed['u#2'])
  expect(program.instructions[observed['u#1']].op).toBe('add')
})

it.each<[string, boolean, number | undefined]>([
  ['s = spike(x)', true, 0.5],
  ['a = spike(x)\ns = a', true, 0.5],
  ['s = spike(x) + spike(x)', false, 0.5],
  ['s = 2 * spike(x)', false, 0.5],
  ['a = spike(x - 2)\ns = spike(x - a)', false, 0.5],
  ['s = detach(spike(x))', false, 0.5],
  ['s = relu(x)', false, undefined],
])('%j: spiking %s, window %s', (text, spiking, window) => {
  const { program } = compiled(text)
  expect(program.spiking).toBe(spiking)
  expect(program.window).toBe(window)
})

it('gives learnable parameters scopes and starts that may depend on T', () => {
  const { program } = compiled('s = w * x + v', {
    learnable: { w: 'threshold / (2 * T)', v: { start: 3, per: 'stepChannel' } },
  })
  expect(program.parameters.map(({ name, scope, start }) => [name, scope, start(1), start(4)])).toEqual([
    ['w', 'layer', 0.5, 0.125],
    ['v', 'stepChannel', 3, 3],
  ])
})

it('warns of states and names without effect', () => {
  const { warnings } = compiled('u = u + x\nm = m + u\ns = spike(u - 1)', { learnable: { w: 1 } })
  expect(warnings).toEqual([
    "'tau' is never read",
    "'threshold' is never read",
    "'w' is never read",
    "state 'm' never influences s",
  ])
  expect(compiled('m = 0.5 * n\nn = tau * m + x\ns = spike(n - threshold)').warnings).toEqual([])
})

it('leaves Object.prototype out of it', () => {
  expect(() => compiled('s = constructor')).toThrow("unknown name 'constructor'")
  expect(() => compiled('s = toString(x)')).toThrow("unknown function 'toString'")
  expect(compiled('__proto__ = x\ns = __proto__').program.output).toBe(0)
})
