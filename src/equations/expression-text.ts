import type { BinaryOp, Expression } from './syntax.ts'

const signs: { readonly [op in BinaryOp]: readonly [sign: string, strength: number] } = {
  add: ['+', 1],
  sub: ['-', 1],
  mul: ['*', 2],
  div: ['/', 2],
}

/** How strongly an operator binds its operands; a right one must bind more strongly. */
export function strengthOf(op: BinaryOp): number {
  return signs[op][1]
}

/** As stronger than any operator: what stands in front of an exponent. */
export const strongest = 4

/** An expression as somebody would write it. @param least in brackets, where it binds less strongly */
export function expressionText(node: Expression, least = 0): string {
  switch (node.kind) {
    case 'number':
      return String(node.value)
    case 'name':
      return node.name
    case 'call':
      return `${node.name}(${node.args.map((arg) => expressionText(arg)).join(', ')})`
    case 'negate':
      return bracketed(`-${expressionText(node.operand, 3)}`, least > 1)
    case 'power':
      return `${expressionText(node.base, strongest)}^${node.exponent}`
    case 'binary': {
      const [sign, strength] = signs[node.op]
      const [left, right] = [expressionText(node.left, strength), expressionText(node.right, strength + 1)]
      // Short quotients stand close, as in 1/tau.
      const gap = node.op === 'div' && /^[\w.]+$/.test(left + right) ? '' : ' '
      return bracketed(left + gap + sign + gap + right, strength < least)
    }
  }
}

function bracketed(text: string, needed: boolean): string {
  return needed ? `(${text})` : text
}
