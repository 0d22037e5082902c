import type { Span } from './place.ts'

/** Expressions as the parser gives them; every node knows its place. `depth` bounds how deep a walk can recurse. */
export type Expression =
  | (Node & { readonly kind: 'number'; readonly value: number })
  | (Node & { readonly kind: 'name'; readonly name: string })
  | (Node & { readonly kind: 'negate'; readonly operand: Expression })
  | (Node & { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Expression; readonly right: Expression })
  | (Node & { readonly kind: 'power'; readonly base: Expression; readonly exponent: number })
  | (Node & { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] })

export type BinaryOp = 'add' | 'sub' | 'mul' | 'div'

interface Node {
  readonly span: Span
  readonly depth: number
}

export type Call = Extract<Expression, { kind: 'call' }>

/** `u = ...`, or a marker line such as `reset(u)` that `defineNeuron` replaces by equations. */
export type Statement =
  | { readonly kind: 'assignment'; readonly target: string; readonly targetSpan: Span; readonly value: Expression }
  | { readonly kind: 'marker'; readonly call: Call }

/** The nodes directly below one. */
export function children(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'binary':
      return [node.left, node.right]
    case 'negate':
      return [node.operand]
    case 'power':
      return [node.base]
    case 'call':
      return node.args
    default:
      return []
  }
}

/** Every node of an expression, in the order it is evaluated. */
export function* walk(node: Expression): Generator<Expression> {
  for (const child of children(node)) yield* walk(child)
  yield node
}
