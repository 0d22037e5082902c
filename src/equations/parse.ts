import { EquationError } from '../base/index.ts'
import { checkLength } from './bounds.ts'
import { equationError, quoted, type Span } from './place.ts'
import type { BinaryOp, Call, Expression, Statement } from './syntax.ts'
import { type Token, Tokens } from './tokens.ts'

/** Deepest nesting of an expression, and longest chain of operators. Walks over expressions recurse this far. */
const deepest = 200
const mostStatements = 1000
const largestExponent = 64

const binaryOps: ReadonlyMap<string, { readonly op: BinaryOp; readonly strength: number }> = new Map([
  ['+', { op: 'add', strength: 1 }],
  ['-', { op: 'sub', strength: 1 }],
  ['*', { op: 'mul', strength: 2 }],
  ['/', { op: 'div', strength: 2 }],
])
const unaryStrength = 3

/**
 * Equations as statements: one assignment per line (or separated by `;`), each with its place in the text.
 * @throws EquationError with the line and a caret
 */
export function parseEquations(text: string): Statement[] {
  return new Parser(text).statements()
}

/**
 * One expression, such as the start of a learnable parameter or a surrogate's derivative.
 * @throws EquationError with the line and a caret
 */
export function parseExpression(text: string): Expression {
  return new Parser(text).soleExpression()
}

class Parser {
  private readonly text: string
  private readonly tokens: Tokens
  private token: Token
  private brackets = 0
  private nesting = 0

  constructor(text: string) {
    checkLength(text)
    this.text = text
    this.tokens = new Tokens(text)
    this.token = this.tokens.next()
  }

  statements(): Statement[] {
    const found: Statement[] = []
    for (;;) {
      this.skipNewlines()
      if (this.atEnd()) break
      if (found.length === mostStatements)
        throw this.fail(this.token, `more than ${mostStatements} equations`, 'A neuron is a few equations.')
      found.push(this.statement())
    }
    if (found.length === 0)
      throw new EquationError({
        what: 'no equations: the text is empty',
        next: 'Write one assignment per line, for example: s = spike(x - 1).',
      })
    return found
  }

  soleExpression(): Expression {
    this.skipNewlines()
    const expression = this.expression(0)
    this.skipNewlines()
    if (!this.atEnd()) throw this.unexpected('the end of the expression')
    return expression
  }

  private statement(): Statement {
    if (this.token.kind !== 'name') throw this.unexpected("a line that begins with a name, such as 'u = ...'")
    const target = this.advance()
    if (this.isSymbol('(')) {
      const call = this.call(target)
      this.endOfStatement()
      return { kind: 'marker', call }
    }
    if (!this.isSymbol('=')) throw this.unexpected(`'=' after ${quoted(target.text)}`)
    this.advance()
    const value = this.expression(0)
    this.endOfStatement()
    return { kind: 'assignment', target: target.text, targetSpan: spanOf(target), value }
  }

  private endOfStatement(): void {
    if (this.token.kind !== 'newline' && this.token.kind !== 'end') throw this.unexpected('an operator or a new line')
  }

  private expression(weakest: number): Expression {
    this.enter()
    let left = this.operand()
    for (;;) {
      const found = this.token.kind === 'symbol' ? binaryOps.get(this.token.text) : undefined
      if (found === undefined || found.strength <= weakest) break
      this.advance()
      const right = this.expression(found.strength)
      const span = { start: left.span.start, end: right.span.end }
      left = this.checked({ kind: 'binary', op: found.op, left, right, span, depth: deeper(left, right) })
    }
    this.nesting--
    return left
  }

  private operand(): Expression {
    const token = this.token
    if (this.isSymbol('-')) {
      this.advance()
      const operand = this.expression(unaryStrength)
      const span = { start: token.start, end: operand.span.end }
      return this.checked({ kind: 'negate', operand, span, depth: deeper(operand) })
    }
    const base = this.primary()
    if (!this.isSymbol('^')) return base
    const power = this.power(base)
    if (this.isSymbol('^')) throw this.fail(this.token, 'two exponents in a row', 'Write parentheses: (u^2)^3.')
    return power
  }

  private primary(): Expression {
    const token = this.token
    if (token.kind === 'number') {
      this.advance()
      return { kind: 'number', value: Number(token.text), span: spanOf(token), depth: 1 }
    }
    if (token.kind === 'name') {
      this.advance()
      return this.isSymbol('(') ? this.call(token) : { kind: 'name', name: token.text, span: spanOf(token), depth: 1 }
    }
    if (!this.isSymbol('(')) throw this.unexpected("a name, a number, '-' or '('")
    this.open()
    const inner = this.expression(0)
    const end = this.close(token)
    return { ...inner, span: { start: token.start, end } }
  }

  private power(base: Expression): Expression {
    this.advance()
    const start = this.token.start
    const negative = this.isSymbol('-')
    if (negative) this.advance()
    const exponent = this.token.kind === 'number' ? Number(this.token.text) : Number.NaN
    if (!Number.isInteger(exponent) || exponent > largestExponent)
      throw this.fail(
        { start, end: Math.max(this.token.end, start + 1) },
        `an exponent must be an integer of at most ${largestExponent}`,
        'For other powers write exp(p * log(u)), or sqrt(u).',
      )
    const span = { start: base.span.start, end: this.advance().end }
    return this.checked({
      kind: 'power',
      base,
      exponent: negative ? -exponent : exponent,
      span,
      depth: deeper(base),
    })
  }

  private call(name: Token): Call {
    const opening = this.token
    this.open()
    const args: Expression[] = []
    while (!this.isSymbol(')') && this.token.kind !== 'end') {
      args.push(this.expression(0))
      if (!this.isSymbol(',')) break
      this.advance()
    }
    const span = { start: name.start, end: this.close(opening) }
    return this.checked({ kind: 'call', name: name.text, args, span, depth: deeper(...args) })
  }

  private skipNewlines(): void {
    while (this.token.kind === 'newline') this.advance()
  }

  private atEnd(): boolean {
    return this.token.kind === 'end'
  }

  private open(): void {
    this.brackets++
    this.advance()
  }

  /** Consumes the closing bracket and gives the place after it. */
  private close(opening: Token): number {
    if (this.token.kind === 'end') throw this.fail(opening, "this '(' is never closed", "Add the missing ')'.")
    if (!this.isSymbol(')')) throw this.unexpected("an operator, ',' or ')'")
    this.brackets--
    return this.advance().end
  }

  private isSymbol(symbol: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === symbol
  }

  /** Moves to the next token and gives the one left behind. Inside brackets, line ends do not count. */
  private advance(): Token {
    const left = this.token
    do this.token = this.tokens.next()
    while (this.brackets > 0 && this.token.kind === 'newline' && this.token.text === '\n')
    return left
  }

  private enter(): void {
    if (++this.nesting > deepest) throw this.tooDeep(this.token)
  }

  private checked<E extends Expression>(node: E): E {
    if (node.depth > deepest) throw this.tooDeep({ start: node.span.end - 1, end: node.span.end })
    return node
  }

  private tooDeep(span: Span): EquationError {
    return this.fail(
      span,
      `an expression nested or chained more than ${deepest} deep`,
      'Name parts of it on lines of their own.',
    )
  }

  private unexpected(expected: string): EquationError {
    const { kind, text } = this.token
    const got =
      kind === 'end'
        ? 'the text ends too early'
        : text === '\n'
          ? 'the line ends too early'
          : `unexpected ${quoted(text)}`
    return equationError(this.text, spanOf(this.token), got, this.hint(), expected)
  }

  private hint(): string {
    if (this.token.text === '*' || this.token.text === '/')
      return 'An operator stands between two values; powers are written u^2.'
    if (this.token.text === '=') return 'Write one assignment per line; comparisons are written spike(a - b).'
    return 'Write one assignment per line, as in: u = 0.5 * u + x.'
  }

  private fail(span: Span, what: string, next: string): EquationError {
    return equationError(this.text, spanOf(span), what, next)
  }
}

function spanOf({ start, end }: Span): Span {
  return { start, end }
}

function deeper(...nodes: readonly Expression[]): number {
  let depth = 0
  for (const node of nodes) depth = Math.max(depth, node.depth)
  return depth + 1
}
