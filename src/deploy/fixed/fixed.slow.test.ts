import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../base/index.ts'
import { defineNeuron } from '../../equations/index.ts'
import { clif, lif } from '../../neurons/index.ts'
import { cProgram } from '../c/index.ts'
import { planOf } from '../plan/index.ts'
import { inFolder, isInstalled, strictFlags, writeProgram } from '../testing/compiled.ts'
import { onCortexM } from '../testing/cortex-m.ts'
import { expectNearby, expectSameBits, fixedNetwork, fixedPairs } from '../testing/fixed-networks.ts'
import { filled, someFrames, testedNetworks } from '../testing/networks.ts'
import { FixedRun, fixedPlan } from './index.ts'

// The other networks are in the long suite.
test.each(fixedPairs.filter(([name]) => ['convolutional', 'recurrent', 'snn3'].includes(name)))(
  '%s network: whole numbers stay near the plan in float64',
  (name, neuron) => expectNearby(name, neuron()),
)

// Without a compiler these are reported as skipped.
describe.skipIf(!isInstalled('gcc'))('C of whole numbers', () => {
  // Each of these in another network; the rest are in the long suite.
  test.each([
    ['convolutional', clif],
    ['recurrent', lif],
  ] as const)('%s network: every spike and output, to the bit', (name, neuron) => expectSameBits(name, neuron()))

  test('events and frames of them give the same', () => {
    const { fixed } = fixedNetwork('snn3', lif(), 'int8')
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
    const { fixed, frames } = fixedNetwork('convolutional', clif(), 'int8')
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
