import { describe, expect, it } from 'vitest'
import { kernelModule, memoryImport, signed, unsigned } from './module.ts'

describe('integers in groups of seven bits', () => {
  it.each([
    [0, [0]],
    [127, [127]],
    [128, [0x80, 1]],
    [624485, [0xe5, 0x8e, 0x26]],
    [0xffffffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('%i unsigned', (value, bytes) => {
    expect(unsigned(value)).toEqual(bytes)
  })

  it.each([
    [63, [63]],
    [64, [0xc0, 0]],
    [-1, [0x7f]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [-123456, [0xc0, 0xbb, 0x78]],
    [-2147483648, [0x80, 0x80, 0x80, 0x80, 0x78]],
  ])('%i signed', (value, bytes) => {
    expect(signed(value)).toEqual(bytes)
  })
})

describe('a module', () => {
  const limits = { minimum: 1, maximum: 2, shared: false }

  it('runs on the memory that it is given, with locals of every type', () => {
    // memory[a] = memory[a + 4] + t
    const code = [0x20, 0, 0x20, 0, 0x28, 2, 4, 0x20, 1, 0x6a, 0x36, 2, 0]
    const bytes = kernelModule(limits, ['i32', 'i32', 'f32', 'f64', 'v128', 'wide'], code)
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 })
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      [memoryImport.module]: { [memoryImport.name]: memory },
    })
    const words = new Int32Array(memory.buffer)
    words[3] = 40
    const run = instance.exports.run as (a: number, t: number) => void
    run(8, 2)
    expect(words[2]).toBe(42)
  })

  it('says how far its memory may grow, and whether threads share it', () => {
    const [entry] = WebAssembly.Module.imports(new WebAssembly.Module(kernelModule(limits, [], [])))
    expect(entry).toEqual({ ...memoryImport, kind: 'memory' })
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true })
    const module = new WebAssembly.Module(kernelModule({ minimum: 1, maximum: 65536, shared: true }, [], []))
    expect(
      () => new WebAssembly.Instance(module, { [memoryImport.module]: { [memoryImport.name]: shared } }),
    ).not.toThrow()
  })
})
