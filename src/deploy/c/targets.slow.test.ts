import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { clif } from '../../neurons/index.ts'
import { PlanRun, planOf } from '../plan/index.ts'
import { quantised } from '../quantise.ts'
import { inFolder, isInstalled, strictFlags, writeProgram } from '../testing/compiled.ts'
import { onCortexM } from '../testing/cortex-m.ts'
import { filled, testedNetworks } from '../testing/networks.ts'
import { cProgram } from './program.ts'

const network = filled(testedNetworks.snn3(clif()))
const plan = quantised(planOf(network), 'int8')
const program = cProgram(plan, { name: 'net' })
const steps = [[3, 17, 17, 40], [], [100, 7, 0, 197, 64], [5, 6, 7]]

/** A main that has its events with it, and prints the mean outputs. */
const main = `#include <stdio.h>
#include "net.h"
int main(void) {
  float logits[NET_OUTPUTS];
  net_init();
${steps.map((list) => `  { static const net_index events[] = {${[...list, 0].join(', ')}}; net_step_events(events, ${list.length}); }`).join('\n')}
  net_logits(logits);
  for (int k = 0; k < NET_OUTPUTS; k++) printf("%.7f\\n", (double)logits[k]);
  return 0;
}
`

function expected(): number[] {
  const run = new PlanRun(plan)
  const sums = new Array<number>(10).fill(0)
  for (const list of steps) {
    const frame = new Float32Array(9 * 11 * 2)
    for (const place of list) frame[place]++
    run.step(frame).forEach((value, k) => (sums[k] += value / steps.length))
  }
  return sums
}

function compare(output: string): void {
  const got = output.trim().split('\n').map(Number)
  expect(got).toHaveLength(10)
  expected().forEach((value, k) => expect(Math.abs(value - got[k])).toBeLessThan(1e-5))
}

// Each is reported as skipped where its compiler or emulator is not installed.
describe('C of int8 weights for small machines', () => {
  test.skipIf(!isInstalled('arm-none-eabi-gcc') || !isInstalled('qemu-system-arm'))('a Cortex-M3 in qemu', () => {
    const { output, codeBytes } = inFolder((folder) => {
      writeProgram(folder, program)
      return onCortexM(folder, main)
    })
    compare(output)
    expect(codeBytes - program.weightBytes).toBeLessThan(30_000)
  })

  test.skipIf(!isInstalled('riscv64-linux-gnu-gcc') || !isInstalled('qemu-riscv64'))('RISC-V in qemu', () => {
    const output = inFolder((folder) => {
      writeProgram(folder, program)
      writeFileSync(join(folder, 'main.c'), main)
      const files = ['net.c', 'main.c', '-static', '-o', 'net', '-lm']
      execFileSync('riscv64-linux-gnu-gcc', [...strictFlags, ...files], { cwd: folder })
      return execFileSync('qemu-riscv64', [join(folder, 'net')]).toString()
    })
    compare(output)
  })
})
