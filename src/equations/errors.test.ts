import { describe, expect, it } from 'vitest'
import { EquationError } from '../base/index.ts'
import { compile, type EquationSource } from './compile.ts'
import { surrogates } from './surrogates.ts'

const lif = 'u = (1 - 1/tau)*u + x\ns = spike(u - threshold)\nu = u - s * threshold'

function messageOf(equations: string, source: Partial<EquationSource> = {}): string {
  const constants = { tau: 2, threshold: 1 }
  try {
    compile({ equations, constants, surrogate: surrogates.rectangle, ...source })
  } catch (error) {
    expect(error).toBeInstanceOf(EquationError)
    return (error as Error).message
  }
  throw new Error(`compiled: ${equations}`)
}

it.each<[string, string, Partial<EquationSource>?]>([
  ['mistyped name', lif.replace('1/tau', '1/tua')],
  ['name never assigned', 's = spike(u - threshold) + galvanometer'],
  ['T in equations', 's = x / T'],
  ['no s', 'u = u + x'],
  ['empty text', ''],
  ['only comments', '# nothing\n // at all\n'],
  ['too few arguments', 's = max(x)'],
  ['too many arguments', 's = spike(x, 1, 2)'],
  ['no arguments', 's = spike()'],
  ['bad number', 'u = 1.2.3 * u\ns = u'],
  ['bad exponent of a number', 's = 1e * x'],
  ['number too large', 's = 1e999 * x'],
  ['product without sign', 's = 2x'],
  ['stray character', 's = x $ 2'],
  ['Greek letter', 's = x / τ'],
  ['control character', 's = x \u001b[31m'],
  ['exponent not an integer', 's = x^0.5'],
  ['exponent a name', 's = x^tau'],
  ['exponent too large', 's = x^100000'],
  ['two exponents', 's = x^2^3'],
  ['power in another language', 's = x ** 2'],
  ['unknown function', 's = spiek(x)'],
  ['function without brackets', 's = spike'],
  ['assignment to x', 'x = 1\ns = x'],
  ['assignment to a constant', 'tau = 1\ns = x'],
  ['assignment to a learnable parameter', 'w = 1\ns = x', { learnable: { w: 1 } }],
  ['assignment to a function', 'spike = x\ns = x'],
  ['open bracket', 's = spike((x - 1)'],
  ['closing bracket too many', 's = spike(x - 1))'],
  ['missing operand', 's = x +\nu = x'],
  ['missing right side', 's ='],
  ['comparison', 's = x == 1'],
  ['no assignment', 'x + 1'],
  ['call on its own line', 'reset(u)\ns = x'],
  ['line begins with a number', '1 = s'],
  ['division by zero', 's = x + 1 / (tau - 2)'],
  ['constant not finite', 's = x', { constants: { tau: Number.NaN } }],
  ['constant named x', 's = x', { constants: { x: 1 } }],
  ['constant named like a function', 's = x', { constants: { exp: 1 } }],
  ['constant named T', 's = x', { constants: { T: 1 } }],
  ['no name', 's = x', { constants: { 'a b': 1 } }],
  ['one name twice', 's = x', { learnable: { tau: 1 } }],
  ['state never assigned', 's = x', { state: { a: 1 } }],
  ['state starts with T', 'a = a + x\ns = a', { state: { a: '1 / T' } }],
  ['start not finite', 's = w * x', { learnable: { w: 'log(tau - 2)' } }],
  ['start with an unknown name', 's = w * x', { learnable: { w: 'log(tua)' } }],
  ['start with two values', 's = w * x', { learnable: { w: '1 2' } }],
  ['unknown scope', 's = w * x', { learnable: { w: { start: 1, per: 'pixel' as 'layer' } } }],
  ['two values side by side', 's = spike(x) threshold'],
])('%s', (_, equations, source) => {
  expect(messageOf(equations, source)).toMatchSnapshot()
})

describe('large nonsense fails at once', () => {
  const size = 100_000
  it.each<[string, string]>([
    ['letters', 'abc '.repeat(size / 4)],
    ['one long name', 'a'.repeat(size)],
    ['opening brackets', `s = ${'('.repeat(50_000)}`],
    ['closed brackets', `s = ${'('.repeat(50_000)}x${')'.repeat(50_000)}`],
    ['calls', `s = ${'abs('.repeat(25_000)}x`],
    ['minus signs', `s = ${'-'.repeat(size)}x`],
    ['a long sum', `s = ${'x+'.repeat(50_000)}x`],
    ['a long line of powers', `s = x${'^2'.repeat(50_000)}`],
    ['equal signs', `s ${'='.repeat(size)} x`],
    ['line ends', `${'\n'.repeat(size)}?`],
    ['one bracket over many lines', `s = (${'\n'.repeat(size)}`],
    ['many equations', 's = x\n'.repeat(20_000)],
    ['digits', `s = ${'9'.repeat(size)}`],
    ['bytes', Array.from({ length: size }, (_, i) => String.fromCharCode((i * 7919) % 65536)).join('')],
    ['a comment that hides everything', `# ${'x'.repeat(size)}`],
    ['unknown names', Array.from({ length: 900 }, (_, i) => `n${i} = m${i}${'x'.repeat(90)}`).join('\n')],
  ])('%s', (_, text) => {
    const start = performance.now()
    const message = messageOf(text)
    expect(performance.now() - start).toBeLessThan(20_000)
    expect(message.length).toBeLessThan(2000)
  })
})
