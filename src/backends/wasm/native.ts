import type { WasmMemory } from './wasm-memory.ts'

/** A loaded kernel. */
export type KernelFunction = (args: number, thread: number) => void

/** Vector instructions that machine code is written for. */
export type VectorInstructions = 'avx2' | 'avx512'

/** A host's door to machine code. Addresses are of this process: every thread of it can call what one has placed. */
export interface NativeCode {
  /** The widest that this processor has, or that it may use. */
  readonly vectors: VectorInstructions
  /** Copies code to where it may run; it stays there as long as the process. */
  place(code: Uint8Array): bigint
  /** The kernel at an address, working on this memory. */
  at(address: bigint, memory: WasmMemory): KernelFunction
}
