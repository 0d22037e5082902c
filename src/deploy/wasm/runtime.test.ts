import { readFileSync } from 'node:fs'
import { transformSync } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { clif } from '../../neurons/index.ts'
import { PlanRun, planOf } from '../plan/index.ts'
import { loadExported } from '../runtime.ts'
import { filled, someFrames, testedNetworks } from '../testing/networks.ts'
import { wasmProgram } from './program.ts'

const network = filled(testedNetworks.residual(clif()))
const plan = planOf(network)
const frames = someFrames(network, 5)

const near = (got: ArrayLike<number>, wanted: ArrayLike<number>) => {
  expect(got.length).toBe(wanted.length)
  Array.from(got, (value, k) => expect(Math.abs(value - wanted[k])).toBeLessThan(1e-4))
}

describe('the loader of modules', () => {
  test('gives outputs, their mean, and a state that can be put back; memory is shared by values of a step', async () => {
    const net = await loadExported(wasmProgram(plan).bytes)
    expect([net.inputs, net.outputs]).toEqual([180, 5])
    const run = new PlanRun(plan)
    const mean = new Float64Array(5)
    let saved = net.save()
    frames.forEach((frame, t) => {
      if (t === 3) saved = net.save()
      net.step(frame)
      const outputs = run.step(frame)
      outputs.forEach((value, k) => (mean[k] += value / frames.length))
      near(net.latest(), outputs)
    })
    near(net.logits(), mean)
    const logits = net.logits()
    net.restore(saved)
    for (const frame of frames.slice(3)) net.step(frame)
    expect(net.logits()).toEqual(logits)
    net.reset()
    for (const frame of frames) net.step(frame)
    expect(net.logits()).toEqual(logits)
  })

  test('events count where they are, also twice', async () => {
    const net = await loadExported(wasmProgram(plan).bytes)
    const run = new PlanRun(plan)
    for (const places of [[3, 17, 3, 179], [], [0, 99]]) {
      const frame = new Float32Array(net.inputs)
      for (const place of places) frame[place]++
      net.stepEvents(places)
      near(net.latest(), run.step(frame))
    }
    expect(() => net.stepEvents([180])).toThrow(RangeError)
    expect(() => net.step([1])).toThrow(/180 numbers/)
  })

  test('is at most 2 kB', () => {
    const source = readFileSync(new URL('../runtime.ts', import.meta.url), 'utf8')
    expect(transformSync(source, { loader: 'ts', minify: true, format: 'esm' }).code.length).toBeLessThan(2048)
  })
})
