/** A loaded kernel. */
export type KernelFunction = (args: number, thread: number) => void

/** A host's door to machine code. Addresses are of this process: every thread of it can call what one has placed. */
export interface NativeCode {
  /** Copies code to where it may run; it stays there as long as the process. */
  place(code: Uint8Array): bigint
  /** The kernel at an address, working on this memory. */
  at(address: bigint, memory: WebAssembly.Memory): KernelFunction
}
