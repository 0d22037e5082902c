import { beforeAll, describe, expect, it } from 'vitest'
import initWabt from 'wabt'
import { clif, glif, lif, plif } from '../neurons/index.ts'
import { neuronBackward, neuronForward, wasmTarget, watTarget } from './index.ts'
import { kernelLanguages, neuronText } from './neuron-text.ts'

let wabt: Awaited<ReturnType<typeof initWabt>>
beforeAll(async () => {
  wabt = await initWabt()
})

describe('the text of a kernel', () => {
  const limits = { minimum: 1, maximum: 65536, shared: true }

  /** From the text by another program, and from our own writer; both as that program prints them. */
  it.each([lif(), clif(), plif(), glif()])('of $name is the module that runs', (neuron) => {
    for (const write of [neuronForward, neuronBackward])
      for (const normalised of [false, true]) {
        const options = { neuron, normalised, relaxed: false, truncation: 'window' } as const
        const text = new TextDecoder().decode(write(watTarget(limits), 128, options))
        const features = { threads: true, simd: true, bulk_memory: true }
        const assembled = wabt.parseWat('kernel.wat', text, features).toBinary({}).buffer
        const ours = write(wasmTarget(limits), 128, options)
        const printed = (bytes: Uint8Array) => wabt.readWasm(bytes, features).toText({ foldExprs: false })
        expect(printed(assembled)).toBe(printed(ours))
      }
  })

  it.each([lif(), clif()])('of $name, as shaders and as WebAssembly', (neuron) => {
    expect(neuronText(neuron, 'wgsl')).toMatchSnapshot()
    expect(neuronText(neuron, 'wat')).toMatchSnapshot()
  })

  it('is there in every language', () => {
    for (const language of kernelLanguages)
      expect(neuronText(lif(), language)).toMatch(/lif forward\n[\s\S]*lif backward\n/)
    expect(neuronText(lif(), 'x64')).toMatch(/^# lif forward\n000000 {2}(?:[0-9a-f]{2} ){15}[0-9a-f]{2}\n000010 {2}/)
  })
})
