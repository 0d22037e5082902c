import type { Backend, Handle, InputGradient } from '../backends/index.ts'
import { type Shape, ShapeError, SpikeletError, shapeText, sizeOf } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { Gradients } from './gradients.ts'

/** Where operations work: a backend, and a tape where a backward pass will follow. */
export interface Scope {
  readonly backend: Backend
  readonly tape: Tape | null
}

/** One operation as it happened. */
export interface Operation {
  readonly name: string
  readonly inputs: readonly (Tensor | null)[]
  readonly outputs: readonly Handle[]
  /** What backward needs beside inputs and outputs; released with the outputs. */
  readonly saved?: readonly Handle[]
  /** Makes the output again, bit for bit, from the inputs: a tape that saves memory may drop it meanwhile. */
  rebuild?(): Handle
  /** The output is the input's memory under another shape, and so will be its gradient. */
  readonly view?: boolean
  /** The output's windows are those of this operation's own surrogate. Elsewhere they are the inputs'. */
  readonly ownWindows?: boolean
  /**
   * Gradients of the inputs, in their order, from those of the outputs (null where none came; not all are null). It may
   * return a gradient it was given; all else it returns is new. `need` says which gradient of each input is wanted.
   */
  backward(gradients: readonly (Handle | null)[], need: readonly InputGradient[]): readonly (Handle | null)[]
}

interface Entry extends Omit<Operation, 'outputs'> {
  readonly outputs: readonly MadeTensor[]
}

/** What an operation made. Its memory may be dropped after use; whoever reads it then gets it made again. */
class MadeTensor implements Tensor {
  readonly shape: Shape
  readonly tracked: boolean
  readonly leaf = false
  private current: Handle | null
  private readonly rebuild: (() => Handle) | null

  constructor(handle: Handle, tracked: boolean, rebuild: (() => Handle) | null) {
    this.current = handle
    this.shape = handle.shape
    this.tracked = tracked
    this.rebuild = rebuild
  }

  get handle(): Handle {
    if (!this.current && this.rebuild) this.current = this.rebuild()
    if (!this.current) throw spent()
    return this.current
  }

  get droppable(): boolean {
    return this.rebuild !== null
  }

  drop(backend: Backend): void {
    if (this.current) backend.release(this.current)
    this.current = null
  }
}

/** Whether outputs that can be made again are kept for the way back, or dropped after each use. */
export type TapeMemory = 'keep' | 'rebuild'

/** Makes tensors of an operation's outputs and, where there is a tape, remembers the operation. */
export function record(scope: Scope, operation: Operation): Tensor[] {
  if (scope.tape) return scope.tape.record(operation)
  for (const handle of operation.saved ?? []) scope.backend.release(handle)
  return operation.outputs.map((handle) => ({ handle, shape: handle.shape, tracked: false, leaf: false }))
}

/**
 * Remembers operations in order, and walks them back once. The tape owns what its operations made: on the way back
 * each output, gradient and saved tensor is released as soon as nothing needs it any more.
 */
export class Tape {
  private readonly backend: Backend
  private entries: Entry[] = []
  private readonly wanted = new Set<Tensor>()
  private readonly kept = new Set<Tensor>()
  /** Tensors inside the network whose gradient is wanted everywhere for the sake of what they were made of. */
  private readonly full = new Set<Tensor>()
  private done = false
  private readonly memory: TapeMemory

  constructor(backend: Backend, memory: TapeMemory = 'keep') {
    this.backend = backend
    this.memory = memory
  }

  record(operation: Operation): Tensor[] {
    if (this.done) throw spent()
    const tracked = operation.inputs.some((input) => input?.tracked)
    const rebuild = this.memory === 'rebuild' ? (operation.rebuild ?? null) : null
    const outputs = operation.outputs.map((handle) => new MadeTensor(handle, tracked, rebuild))
    this.entries.push({ ...operation, outputs })
    for (const input of operation.inputs) {
      if (input instanceof MadeTensor && input.droppable && !this.kept.has(input)) input.drop(this.backend)
    }
    return outputs
  }

  /** Asks for the gradient of a tensor inside the network; spikes get it everywhere, not only at open windows. */
  want(tensor: Tensor): void {
    this.wanted.add(tensor)
  }

  /** Keeps an output through backward; whoever keeps it releases it (or the end of the step does). */
  keep(tensor: Tensor): void {
    this.kept.add(tensor)
  }

  /**
   * Gradients of all tracked leaves and wanted tensors. The tape is empty afterwards.
   * @param root a loss [1], or any tensor together with `gradient`, dL/droot, which the tape takes over
   */
  backward(root: Tensor, gradient: Handle | null = null): Gradients {
    if (this.done) throw spent()
    if (!gradient && sizeOf(root.shape) !== 1) {
      throw new ShapeError({
        what: 'backward from a tensor of more than one value needs its gradient',
        expected: `a loss [1], or a gradient of shape ${shapeText(root.shape)}`,
      })
    }
    this.done = true
    this.findFull()
    const gradients = new Gradients(this.backend)
    gradients.add(root, gradient ?? this.backend.tensor(root.shape, [1]))
    for (let entry = this.entries.pop(); entry; entry = this.entries.pop()) this.step(entry, gradients)
    return gradients
  }

  private step(entry: Entry, gradients: Gradients): void {
    const given = entry.outputs.map((output) => gradients.take(output))
    entry.outputs.forEach((output, i) => {
      const g = given[i]
      if (g && this.wanted.has(output)) gradients.add(output, g)
    })
    if (given.some((g) => g !== null) && entry.inputs.some((input) => input?.tracked)) {
      this.distribute(entry, given, gradients)
    }
    entry.outputs.forEach((output, i) => {
      const g = given[i]
      if (g) gradients.drop(g)
      if (!this.kept.has(output)) output.drop(this.backend)
    })
    for (const handle of entry.saved ?? []) this.backend.release(handle)
  }

  private distribute(entry: Entry, given: readonly (Handle | null)[], gradients: Gradients): void {
    const results = entry.backward(
      given,
      entry.inputs.map((input) => this.need(input)),
    )
    results.forEach((handle, i) => {
      const input = entry.inputs[i]
      if (!handle) return
      if (entry.view && given[0]) gradients.alias(handle, given[0])
      if (input?.tracked) gradients.add(input, handle)
      else if (!given.includes(handle)) this.backend.release(handle)
    })
  }

  private need(input: Tensor | null): InputGradient {
    if (!input?.tracked) return 'none'
    return input.handle.kind !== 'dense' && !this.isFull(input) ? 'open' : 'full'
  }

  private isFull(tensor: Tensor): boolean {
    return tensor.leaf || this.wanted.has(tensor) || this.full.has(tensor)
  }

  private findFull(): void {
    for (const { inputs, outputs, ownWindows } of this.entries) {
      if (ownWindows || !inputs.some((input) => input?.tracked && this.isFull(input))) continue
      for (const output of outputs) this.full.add(output)
    }
  }
}

function spent(): SpikeletError {
  return new SpikeletError({
    what: 'this tape has been walked back already',
    next: 'Make a new Tape for each forward pass.',
  })
}
