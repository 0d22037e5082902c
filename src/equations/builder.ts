import { calculate, type PureOp } from './arithmetic.ts'
import type { Instruction, ValueId } from './program.ts'

/** Ops whose arguments may be exchanged without changing a bit of the result. */
const commutative: ReadonlySet<string> = new Set(['add', 'mul'])

/** Ops that stay although their argument is a constant: a spike keeps its window, and its place in the program. */
const kept: ReadonlySet<string> = new Set(['spike', 'window'])

/**
 * Appends instructions. Equal ones are shared, those of constants become constants; the order of operations is never
 * changed.
 */
export class ProgramBuilder {
  readonly instructions: Instruction[]
  private readonly ids = new Map<string, ValueId>()

  /** @param given instructions to continue; new ids follow theirs */
  constructor(given: readonly Instruction[] = []) {
    this.instructions = [...given]
    given.forEach((instruction, id) => {
      this.ids.set(keyOf(instruction), id)
    })
  }

  constant(value: number): ValueId {
    return this.append({ op: 'constant', args: [], value })
  }

  /** A random number of its own: two calls of `noise()` are never shared. */
  draw(): ValueId {
    return this.source('noise', this.instructions.filter(({ op }) => op === 'noise').length)
  }

  /** `input`, `state`, `parameter`, `outputGradient` or `stateGradient`. */
  source(op: Instruction['op'], index?: number): ValueId {
    return this.append(index === undefined ? { op, args: [] } : { op, args: [], index })
  }

  apply(op: PureOp, args: readonly ValueId[], value?: number): ValueId {
    const numbers = args.map((id) => this.numberAt(id))
    if (!kept.has(op) && numbers.every((number) => number !== undefined))
      return this.constant(calculate(op, numbers as number[], value))
    return this.append(value === undefined ? { op, args } : { op, args, value })
  }

  /** The number behind an id, or undefined where it is not a constant. */
  numberAt(id: ValueId): number | undefined {
    const { op, value } = this.instructions[id]
    return op === 'constant' ? value : undefined
  }

  private append(instruction: Instruction): ValueId {
    const key = keyOf(instruction)
    const known = this.ids.get(key)
    if (known !== undefined) return known
    const id = this.instructions.length
    this.instructions.push(instruction)
    this.ids.set(key, id)
    return id
  }
}

function keyOf({ op, args, value, index }: Instruction): string {
  const ordered = commutative.has(op) ? [...args].sort((a, b) => a - b) : args
  const number = value === undefined ? '' : Object.is(value, -0) ? '-0' : `${value}`
  return `${op}(${ordered.join(',')})${number}@${index ?? ''}`
}
