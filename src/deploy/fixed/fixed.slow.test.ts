import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../base/index.ts'
import { defineNeuron, type Neuron } from '../../equations/index.ts'
import { clif, integrateFire, lif, plif } from '../../neurons/index.ts'
import { cProgram } from '../c/index.ts'
import { PlanRun, planOf } from '../plan/index.ts'
import { compiledSteps, inFolder, isInstalled, strictFlags, writeProgram } from '../testing/compiled.ts'
import { onCortexM } from '../testing/cortex-m.ts'
import { filled, someFrames, testedNetworks } from '../testing/networks.ts'
import { FixedRun, fixedPlan } from './index.ts'

/** Operations that no other tested neuron has. */
const odd = defineNeuron({
  name: 'odd',
  constants: { threshold: 0.6 },
  learnable: { w: 0.4 },
  equations: `
    u = 0.75 * u + tanh(x) / (1 + abs(u)) + max(min(x, exp(w)), -1)
    m = where(u - 0.3, 0.9 * m + round(u) * 0.1, floor(u) * 0.05) + u^2 * 0.01
    s = spike(u - threshold - 0.1 * m)
    reset(u)`,
})

const pairs: readonly (readonly [string, () => Neuron])[] = [
  ['convolutional', lif],
  ['residual', plif],
  ['recurrent', clif],
  ['transformer', integrateFire],
  ['own', lif],
  ['snn3', odd],
  ['spreading', clif],
]

function made(name: string, neuron: Neuron, type: 'int8' | 'int16' = 'int16') {
  const network = filled(testedNetworks[name](neuron))
  const frames = someFrames(network, 12)
  const exact = planOf(network)
  return { exact, frames, fixed: fixedPlan(exact, type, [frames]) }
}

test.each(pairs)('%s network: whole numbers stay near the plan in float64', (name, neuron) => {
  const { exact, frames, fixed } = made(name, neuron())
  expect(fixed.math.bits).toBeGreaterThanOrEqual(12)
  const [run, whole] = [new PlanRun(exact), new FixedRun(fixed)]
  let [same, all] = [0, 0]
  for (const frame of frames) {
    run.step(frame)
    whole.step(frame)
    exact.values.forEach(({ kind }, ref) => {
      if (kind !== 'spikes') return
      run.values[ref].forEach((spike, i) => {
        all++
        if (spike * fixed.math.one === whole.values[ref][i]) same++
      })
    })
  }
  expect(same / all).toBeGreaterThan(0.98)
})

// Without a compiler these are reported as skipped.
describe.skipIf(!isInstalled('gcc'))('C of whole numbers', () => {
  test.each([...pairs, ['convolutional', clif] as const])(
    '%s network: every spike and output, to the bit',
    (name, neuron) => {
      const { frames, fixed } = made(name, neuron(), 'int8')
      const step = compiledSteps(fixed, frames)
      const run = new FixedRun(fixed)
      let spikes = 0
      frames.forEach((frame, t) => {
        const { outputs, fired } = step(frame, t === 0)
        expect(Array.from(outputs)).toEqual(Array.from(run.step(frame)))
        for (const [at, marks] of fired) {
          const { to } = fixed.plan.steps[at] as { readonly to: number }
          const wanted = run.values[to].map((value) => value / fixed.math.one)
          expect(Array.from(marks)).toEqual(Array.from(wanted))
          spikes += wanted.reduce((sum, one) => sum + one, 0)
        }
      })
      expect(spikes).toBeGreaterThan(20)
    },
  )

  test('events and frames of them give the same', () => {
    const { fixed } = made('snn3', lif(), 'int8')
    const size = sizeOf(fixed.plan.values[0].shape)
    const list = [3, 17, 40, 41, 100, 155]
    const frame = new Float32Array(size)
    for (const place of list) frame[place] = 1
    const run = new FixedRun(fixed)
    const wanted = [...run.step(frame)].map((value) => (value / fixed.math.one).toFixed(6))
    const output = inFolder((folder) => {
      writeProgram(folder, cProgram(fixed, { name: 'net' }))
      execFileSync('gcc', [...strictFlags, 'net.c', 'net_main.c', '-o', 'net'], { cwd: folder })
      return execFileSync(join(folder, 'net'), { input: `${list.join(' ')}\n` }).toString()
    })
    const lines = output.trim().split('\n').slice(1)
    expect(lines.map((line) => line.split(' ')[1])).toEqual(wanted)
  })
})

// Reported as skipped where compiler or emulator are not installed.
test.skipIf(!isInstalled('arm-none-eabi-gcc') || !isInstalled('qemu-system-arm'))(
  'on a Cortex-M3, which has no floating point: no call of it, and the same numbers',
  () => {
    const { fixed, frames } = made('convolutional', clif(), 'int8')
    const run = new FixedRun(fixed)
    const wanted = frames.slice(0, 4).map((frame) => Array.from(run.step(frame)).join(' '))
    const rows = frames
      .slice(0, 4)
      .map((frame) => `{${Array.from(frame, (value) => fixed.math.from(value)).join(', ')}}`)
    const main = `#include <stdio.h>
#include "net.h"
static const net_number frames[4][NET_INPUTS] = {${rows.join(',\n')}};
int main(void) {
  net_init();
  for (int t = 0; t < 4; t++) {
    net_step(frames[t]);
    for (int k = 0; k < NET_OUTPUTS; k++) printf(k ? " %ld" : "%ld", (long)net_outputs()[k]);
    printf("\\n");
  }
  return 0;
}
`
    inFolder((folder) => {
      writeProgram(folder, cProgram(fixed, { name: 'net' }))
      writeFileSync(join(folder, 'main.c'), main)
      expect(onCortexM(folder, main).output.trim().split('\n')).toEqual(wanted)
      const symbols = execFileSync('arm-none-eabi-nm', ['net.o'], { cwd: folder }).toString()
      expect(symbols).not.toMatch(/__aeabi_[fd]|__aeabi_.2[fd]/)
    })
  },
)

test('what whole numbers cannot do is refused', () => {
  const network = filled(
    testedNetworks.convolutional(defineNeuron({ name: 'waves', equations: 'u = sin(u) + x\ns = spike(u - 1)' })()),
  )
  const plan = planOf(network)
  const frames = someFrames(network, 3)
  expect(() => fixedPlan(plan, 'int8', [frames])).toThrow(/'waves'[\s\S]*sin[\s\S]*--arithmetic float/)
  expect(() => fixedPlan(planOf(filled(testedNetworks.snn3(lif()))), 'int8', [])).toThrow(/one calibration sample/)
})
