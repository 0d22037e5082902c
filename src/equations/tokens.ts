import { equationError, quoted, type Span } from './place.ts'

export type TokenKind = 'number' | 'name' | 'symbol' | 'newline' | 'end'

export interface Token extends Span {
  readonly kind: TokenKind
  readonly text: string
}

const blank = /(?:[ \t\r]|#[^\n]*|\/\/[^\n]*)+/y
const number = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const numberLike = /[\w.]+/y
const name = /[A-Za-z_]\w*/y
const longestName = 64
const symbols = '+-*/^(),='

/** Reads one token at a time, so that garbage fails at its first wrong character. */
export class Tokens {
  readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  next(): Token {
    this.at += this.match(blank).length
    const start = this.at
    const token = this.read(start)
    this.at = token.end
    return token
  }

  private read(start: number): Token {
    const character = this.text[start]
    if (character === undefined) return { kind: 'end', text: '', start, end: start }
    if (character === '\n' || character === ';') return { kind: 'newline', text: character, start, end: start + 1 }
    const found = this.match(name)
    if (found) return this.checkedName({ kind: 'name', text: found, start, end: start + found.length })
    if (/[\d.]/.test(character)) return this.readNumber(start)
    if (symbols.includes(character)) return { kind: 'symbol', text: character, start, end: start + 1 }
    throw this.stray(start)
  }

  private checkedName(token: Token): Token {
    if (token.text.length <= longestName) return token
    throw equationError(this.text, token, `a name of ${token.text.length} characters`, `Use at most ${longestName}.`)
  }

  private readNumber(start: number): Token {
    const text = this.match(number)
    const whole = this.match(numberLike)
    const span = { start, end: start + Math.max(text.length, whole.length) }
    if (text === '' || whole.length > text.length || !Number.isFinite(Number(text))) {
      const product = /^(\d+)(?!e\d*$)([A-Za-z_]\w*)$/i.exec(whole)
      const next = product
        ? `A product needs its sign: ${product[1]} * ${product[2]}.`
        : 'Numbers are written 1, 0.5, .5 or 1e-3, up to 1.7e308.'
      throw equationError(this.text, span, `bad number ${quoted(whole || text)}`, next)
    }
    return { kind: 'number', text, start, end: start + text.length }
  }

  private stray(start: number): Error {
    const character = String.fromCodePoint(this.text.codePointAt(start) ?? 0)
    return equationError(
      this.text,
      { start, end: start + character.length },
      `stray character ${quoted(character)}`,
      'Equations are made of names (a-z, A-Z, 0-9, _), numbers, + - * / ^ ( ) , = and comments after # or //.',
    )
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at
    return pattern.exec(this.text)?.[0] ?? ''
  }
}
