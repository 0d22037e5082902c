import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../base/index.ts'
import { lif } from '../../neurons/index.ts'
import { PlanRun, planOf } from '../plan/index.ts'
import { inFolder, isInstalled, strictFlags, writeProgram } from '../testing/compiled.ts'
import { expectSameSpikes } from '../testing/compiled-spikes.ts'
import { filled, testedNetworks, testedNeurons } from '../testing/networks.ts'
import { cProgram } from './program.ts'

// Without a compiler these are reported as skipped.
describe.skipIf(!isInstalled('gcc'))('C by gcc', () => {
  const networks = Object.keys(testedNetworks) as (keyof typeof testedNetworks)[]

  // Each neuron in another network; all pairs are in the long suite.
  test.each(
    Object.entries(testedNeurons).map(([name, neuron], i) => [name, networks[i % networks.length], neuron] as const),
  )('%s in the %s network: spikes and outputs are the plan’s', (_, network, neuron) =>
    expectSameSpikes(testedNetworks[network](neuron())),
  )

  test('with places shared the outputs are the same, and the example counts events', () => {
    const network = filled(testedNetworks.convolutional(lif()))
    const plan = planOf(network)
    const lines = ['3 5 5 19', '', '100 7 0 179']
    const output = inFolder((folder) => {
      writeProgram(folder, cProgram(plan, { name: 'net' }))
      execFileSync('gcc', [...strictFlags, 'net.c', 'net_main.c', '-o', 'net', '-lm'], { cwd: folder })
      return execFileSync(join(folder, 'net'), { input: `${lines.join('\n')}\n` }).toString()
    })
    const run = new PlanRun(plan)
    const mean = new Float64Array(5)
    for (const line of lines) {
      const frame = new Float32Array(sizeOf(network.input))
      for (const event of line.split(' ')) if (event !== '') frame[Number(event)]++
      run.step(frame).forEach((value, k) => (mean[k] += value / lines.length))
    }
    const got = output.trim().split('\n')
    expect(got[0]).toBe(`class ${mean.indexOf(Math.max(...mean))}`)
    got.slice(1).forEach((line, k) => expect(Math.abs(Number(line.split(' ')[1]) - mean[k])).toBeLessThan(1e-5))
    expect(got).toHaveLength(6)
  })
})
