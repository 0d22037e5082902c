import { avx2Target, avx512Target, elementsPerTask, type Target, wasmTarget } from '../../codegen/index.ts'
import type { Neuron } from '../../equations/index.ts'
import { taskCounter } from './control.ts'
import type { Crew, Kernel } from './crew.ts'
import { KernelChoices } from './kernel-choice.ts'
import type { VectorInstructions } from './native.ts'
import { Tensors, type WasmTensor } from './tensors.ts'

type Emitter<Options extends readonly unknown[]> = (
  target: Target,
  counter: number,
  ...options: Options
) => Uint8Array<ArrayBuffer>

const machineTargets: { readonly [V in VectorInstructions]: Target } = { avx2: avx2Target, avx512: avx512Target }

/** What the layers of this backend work with. */
export class Machine {
  readonly crew: Crew
  readonly tensors: Tensors
  private readonly narrow: Target
  /** What kernels that `vectorKernel` makes are written for: machine code where the host runs it, else WebAssembly. */
  private readonly widest: Target
  /** Whether multiply and add may be fused. */
  readonly relaxed: boolean
  /** What the code of a neuron's kernels depends on, as text; made once per neuron. */
  readonly neuronNames = new WeakMap<Neuron, string>()

  /** Which layers take event kernels. */
  readonly choices: KernelChoices

  constructor(crew: Crew, relaxed: boolean, choices = new KernelChoices()) {
    this.choices = choices
    this.crew = crew
    this.tensors = new Tensors(crew)
    this.narrow = wasmTarget(crew.limits)
    this.widest = crew.native ? machineTargets[crew.native.vectors] : this.narrow
    this.relaxed = relaxed
  }

  /** The kernel that `emit` writes for these options; `name` must tell apart all that differ. */
  kernel<Options extends readonly unknown[]>(name: string, emit: Emitter<Options>, ...options: Options): Kernel {
    return this.crew.kernel(name, 'wasm', () => emit(this.narrow, taskCounter, ...options))
  }

  /** Lanes of the widest vectors of this host. */
  get lanes(): number {
    return this.widest.lanes
  }

  /** The widest lanes that divide all of these sizes: for kernels without tails. */
  lanesDividing(...sizes: readonly number[]): number {
    return sizes.every((n) => n % this.lanes === 0) ? this.lanes : this.narrow.lanes
  }

  /** As `kernel`, for as many lanes as asked for: those of WebAssembly or those of `lanes`. */
  vectorKernel<Options extends readonly unknown[]>(
    lanes: number,
    name: string,
    emit: Emitter<Options>,
    ...options: Options
  ): Kernel {
    if (lanes === this.narrow.lanes) return this.kernel(name, emit, ...options)
    return this.crew.kernel(`${name} x${lanes}`, 'native', () => emit(this.widest, taskCounter, ...options))
  }

  run(kernel: Kernel, tasks: number, args: readonly number[]): void {
    if (tasks > 0) this.crew.run(kernel, [tasks, ...args], tasks)
  }

  /** Runs an element-wise kernel, whose first arguments are tasks and count. */
  overElements(kernel: Kernel, count: number, args: readonly number[]): void {
    this.run(kernel, Math.ceil(count / elementsPerTask), [count, ...args])
  }

  /** Gives `work` the address of scratch memory of that size, taken back afterwards. */
  scratch<Result>(bytes: number, work: (address: number) => Result): Result {
    const block = this.crew.arena.allocate(bytes)
    try {
      return work(block.address)
    } finally {
      this.crew.arena.release(block)
    }
  }

  writeWords(address: number, words: ArrayLike<number>): void {
    this.crew.view.i32.set(words, address / 4)
  }

  writeFloats(address: number, values: ArrayLike<number>): void {
    this.crew.view.f32.set(values, address / 4)
  }

  zero(tensor: WasmTensor): void {
    this.tensors.bytes(tensor)
    const bytes = tensor.size * (tensor.kind === 'dense' ? 4 : 1)
    this.crew.view.u8.fill(0, tensor.address, tensor.address + bytes)
  }
}
