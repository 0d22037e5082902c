import { memoryImport } from '../../codegen/index.ts'
import { argumentsAddress, commands, control, spins } from './control.ts'
import type { KernelFunction, NativeCode } from './native.ts'
import type { WasmMemory } from './wasm-memory.ts'

/** Compiles kernel bytes against a memory, synchronously. */
export function instantiate(bytes: Uint8Array<ArrayBuffer>, memory: WasmMemory): KernelFunction {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    [memoryImport.module]: { [memoryImport.name]: memory as WebAssembly.Memory },
  })
  return instance.exports.run as KernelFunction
}

/**
 * A copy of bytes of the memory. They may lie in what another thread has just added to it, of which this one learns a moment
 * later: engines tell their threads when these next come round a loop.
 */
export function bytesAt(memory: { readonly buffer: ArrayBufferLike }, address: number, length: number) {
  while (memory.buffer.byteLength < address + length);
  return new Uint8Array(new Uint8Array(memory.buffer, address, length))
}

/**
 * What a worker thread does until it is told to stop: waits for an order, does its share, reports.
 * @param native the host's door to machine code, asked for when the first such kernel comes
 */
export function serve(memory: WasmMemory, thread: number, native?: () => NativeCode | null): void {
  const words = new Int32Array(memory.buffer, 0, 64)
  const kernels: KernelFunction[] = []
  let seen = 0
  let door: NativeCode | null | undefined
  for (;;) {
    let order = Atomics.load(words, control.order)
    for (let i = 0; order === seen && i < spins; i++) order = Atomics.load(words, control.order)
    if (order === seen) {
      Atomics.wait(words, control.order, seen)
      continue
    }
    seen = order
    const command = words[control.command]
    try {
      if (command === commands.load) {
        const code = bytesAt(memory, words[control.codeAddress] >>> 0, words[control.codeBytes])
        kernels[words[control.kernel]] = instantiate(code, memory)
      } else if (command === commands.loadNative) {
        door ??= native?.()
        const [low, high] = [words[control.codeAddress] >>> 0, words[control.codeAddressHigh] >>> 0]
        kernels[words[control.kernel]] = door!.at((BigInt(high) << 32n) | BigInt(low), memory)
      } else if (command === commands.run) kernels[words[control.kernel]](argumentsAddress, thread)
    } catch {
      Atomics.add(words, control.failed, 1)
    }
    Atomics.add(words, control.done, 1)
    Atomics.notify(words, control.done)
    if (command === commands.stop) return
  }
}
