import type { NativeCode, VectorInstructions } from '../../backends/index.ts'
import { type Koffi, loadKoffi } from './koffi.ts'

/**
 * Runs machine code that Spikelet emits. Node has no door for that; the package `koffi` (optional) calls functions by
 * address. Code is written to fresh pages, which are then made executable and no longer writable.
 */

const [read, write, execute] = [1, 2, 4]
const privateAnonymous = 0x22

/** What this processor can, as /proc/cpuinfo names it. */
function processorFlags(): ReadonlySet<string> {
  try {
    const text = process.getBuiltinModule('node:fs').readFileSync('/proc/cpuinfo', 'utf8')
    return new Set(/^flags\s*:(.*)$/m.exec(text)?.[1].trim().split(/\s+/) ?? [])
  } catch {
    return new Set()
  }
}

/** What each asks of a processor, as /proc/cpuinfo names it; the widest first. */
const needed: readonly (readonly [VectorInstructions, readonly string[]])[] = [
  ['avx512', ['avx512f', 'avx512vl', 'avx512dq', 'avx512bw', 'bmi2', 'popcnt', 'fma']],
  ['avx2', ['avx2', 'fma', 'popcnt']],
]

/**
 * The door to machine code; null where the processor, the system or the package does not offer it.
 * @param only the vector instructions to use; default: the widest there are
 */
export function nativeCode(only?: VectorInstructions): NativeCode | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  const flags = processorFlags()
  const [vectors] = needed.find(([name, all]) => (!only || name === only) && all.every((flag) => flags.has(flag))) ?? []
  if (!vectors) return null
  const koffi = loadKoffi()
  return koffi && nativeThrough(koffi, vectors)
}

/**
 * Machine code through koffi; null where it, or the system, does not let such code run.
 * Koffi 2 gives addresses as objects, which no other thread can use.
 */
export function nativeThrough(koffi: Omit<Koffi, 'address'>, vectors: VectorInstructions): NativeCode | null {
  try {
    const library = koffi.load('libc.so.6')
    const map = library.func('void* mmap(void*, size_t, int, int, int, long)')
    const copy = library.func('void* memcpy(void*, void*, size_t)')
    const protect = library.func('int mprotect(void*, size_t, int)')
    const kernel = koffi.proto('void (void*, uint32_t, uint32_t)')
    const native: NativeCode = {
      vectors,
      place(code) {
        const page = map(null, code.length, read | write, privateAnonymous, -1, 0) as bigint
        if (page === 0xffffffffffffffffn) throw new Error('no memory for machine code')
        copy(page, code, code.length)
        if (protect(page, code.length, read | execute) !== 0) throw new Error('machine code may not run here')
        return page
      },
      at(address, memory) {
        const run = koffi.decode(address, kernel)
        const base = new Uint8Array(memory.buffer, 0, 1)
        return (args, thread) => void run(base, args, thread)
      },
    }
    // A function that returns at once: a system that forbids such code says so here, not in the middle of a run.
    const address: unknown = native.place(Uint8Array.of(0xc3))
    if (typeof address !== 'bigint') return null
    // As the number it becomes on its way to another thread.
    const arrived = (BigInt(Number(address >> 32n)) << 32n) | BigInt(Number(address & 0xffffffffn))
    native.at(arrived, new WebAssembly.Memory({ initial: 1 }))(0, 0)
    return native
  } catch {
    return null
  }
}
