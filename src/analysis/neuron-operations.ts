import { countOf, type Instruction, type Neuron, type Program, type ValueId } from '../equations/index.ts'

/** Arithmetic by its cost: a division by a fixed number is a multiplication, sigmoid, exp and the like are functions. */
export interface Operations {
  readonly additions: number
  readonly multiplications: number
  readonly functions: number
}

/** What one neuron does, as an event-driven machine would do it. */
export interface NeuronOperations {
  /** At every step. */
  readonly perStep: Operations
  /** What comes on top at a step with a spike: whatever only matters as a factor of the spike. */
  readonly perSpike: Operations
  /** Numbers it carries from step to step; the spike of the step before is none. */
  readonly states: number
  /** Numbers it reads from memory, and writes to it, at every step. */
  readonly reads: number
  readonly writes: number
}

type Level = 'step' | 'spike'

const functions: ReadonlySet<string> = new Set(['sigmoid', 'tanh', 'exp', 'log', 'sqrt', 'sin', 'cos', 'erf'])
const comparisons: ReadonlySet<string> = new Set(['relu', 'min', 'max', 'where', 'floor', 'round'])
const free: ReadonlySet<string> = new Set(['detach', 'neg', 'abs'])

/**
 * Counts a neuron's operations from its program. Left out are what constants and learned parameters alone decide (it is
 * computed once), signs, products with a spike (they choose, and multiply nothing), and the comparison that makes the
 * spike. A neuron that mixes time adds its map: a multiplication for each step it hears of.
 * @param T steps of a run, for neurons that mix all of them
 */
export function neuronOperations(
  { program, temporal }: Pick<Neuron, 'program' | 'temporal'>,
  T: number,
): NeuronOperations {
  const counter = new Counter(program)
  counter.need(program.output, 'step')
  for (const { next } of program.states) counter.need(next, 'step')
  const states = program.states.filter(({ next }) => !counter.isSpike(next)).length
  const heard = temporal === undefined ? 0 : temporal.kind === 'full' ? T : Math.min(temporal.k, T)
  const own = counter.count('step')
  return {
    perStep: {
      ...own,
      additions: own.additions + Math.max(0, heard - 1),
      multiplications: own.multiplications + heard,
    },
    perSpike: counter.count('spike'),
    states,
    reads: states + heard,
    writes: states + (heard > 0 ? 1 : 0),
  }
}

/** Which instructions are needed at every step, and which at spikes only. */
class Counter {
  private readonly program: Program
  private readonly needed = new Map<ValueId, Level>()
  /** What `isFixed` has found out. */
  private readonly fixed = new Map<ValueId, boolean>()

  constructor(program: Program) {
    this.program = program
  }

  need(id: ValueId, level: Level): void {
    if (this.needed.get(id) === 'step' || this.needed.get(id) === level || this.isFixed(id)) return
    this.needed.set(id, level)
    const { op, args } = this.at(id)
    if (op === 'mul' && args.some((arg) => this.isSpike(arg))) {
      for (const arg of args) this.need(arg, this.isSpike(arg) ? 'step' : 'spike')
    } else if (op === 'spike') for (const part of this.compared(args[0])) this.need(part, level)
    else for (const arg of args) this.need(arg, level)
  }

  count(level: Level): Operations {
    let [additions, multiplications, calls] = [0, 0, 0]
    for (const [id, needed] of this.needed) {
      const instruction = this.at(id)
      if (this.levelOf(instruction, needed) !== level) continue
      if (functions.has(instruction.op)) calls++
      else if (instruction.op === 'div' && !this.isFixed(instruction.args[1])) calls++
      else if (this.adds(id, instruction)) additions++
      else multiplications += this.multiplications(instruction)
    }
    return { additions, multiplications, functions: calls }
  }

  /** This step's spike, or that of the step before. */
  isSpike(id: ValueId): boolean {
    const { op, args, index } = this.at(id)
    if (op === 'detach') return this.isSpike(args[0])
    if (op === 'state') return this.isCount(this.program.states[index as number].next)
    return this.isCount(id)
  }

  /** A spike, or a sum of spikes: what is multiplied by a count is added as often. */
  private isCount(id: ValueId): boolean {
    return countOf(this.program.instructions, id).levels > 0
  }

  /** An addition of a product with the spike is one at spikes only: else there is nothing to add. */
  private levelOf({ op, args }: Instruction, needed: Level): Level {
    return (op === 'add' || op === 'sub') && args.some((arg) => this.isGated(arg)) ? 'spike' : needed
  }

  private adds(id: ValueId, { op }: Instruction): boolean {
    return comparisons.has(op) || ((op === 'add' || op === 'sub') && !this.isSilence(id))
  }

  private multiplications({ op, args, value = 0 }: Instruction): number {
    if (op === 'pow') return Math.max(0, Math.abs(value) - 1) + (value < 0 ? 1 : 0)
    if (op === 'div') return this.isOne(args[1]) ? 0 : 1
    const chooses = args.some((arg) => this.isSpike(arg) || this.isSilence(arg) || this.isOne(arg))
    return op === 'mul' && !chooses ? 1 : 0
  }

  /** 1 - s. */
  private isSilence(id: ValueId): boolean {
    const { op, args } = this.at(id)
    return op === 'sub' && this.isOne(args[0]) && this.isSpike(args[1])
  }

  private isGated(id: ValueId): boolean {
    const { op, args } = this.at(id)
    if (this.isSpike(id)) return true
    if (free.has(op)) return this.isGated(args[0])
    return op === 'mul' && args.some((arg) => this.isGated(arg))
  }

  /** The two sides of the comparison that makes a spike; a single value is compared with 0. */
  private compared(id: ValueId): readonly ValueId[] {
    const { op, args } = this.at(id)
    return op === 'add' || op === 'sub' ? args : [id]
  }

  private isOne(id: ValueId): boolean {
    const { op, value } = this.at(id)
    return op === 'constant' && Math.abs(value as number) === 1
  }

  /** Whether constants and parameters alone decide it. */
  private isFixed(id: ValueId): boolean {
    const known = this.fixed.get(id)
    if (known !== undefined) return known
    const { op, args } = this.at(id)
    const result =
      op === 'constant' || op === 'parameter' || (args.length > 0 && args.every((arg) => this.isFixed(arg)))
    this.fixed.set(id, result)
    return result
  }

  private at(id: ValueId): Instruction {
    return this.program.instructions[id]
  }
}
