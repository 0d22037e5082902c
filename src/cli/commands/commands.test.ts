import { describe, expect, it } from 'vitest'
import { testSurroundings } from '../../../test/cli/surroundings.ts'
import { fieldsOf } from '../../runs/option-fields.ts'
import { runCommandLine } from '../command-line.ts'
import { commands } from './index.ts'

async function spikelet(...words: string[]) {
  const { surroundings, output, errors } = testSurroundings()
  const code = await runCommandLine(words, commands, surroundings)
  return { code, output: output(), errors: errors() }
}

describe.each(commands.map((command) => [command.name, command] as const))('%s', (name, command) => {
  it('describes every option in its help, within the terminal', async () => {
    const { code, output } = await spikelet(name, '--help')
    expect(code).toBe(0)
    for (const { flag, description } of fieldsOf(command.schema)) {
      expect(output).toContain(flag)
      expect(description, flag).not.toBe('')
      expect(output.replace(/\s+/g, ' ')).toContain(description)
    }
    const prose = output
      .split('\n')
      .filter((line) => !line.startsWith('  npx ') && !/^ {2}-/.test(line) && !line.startsWith('spikelet '))
    for (const line of prose) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  it('has examples that can be followed as far as they are read', async () => {
    for (const example of command.examples) expect(example.split(' ')[0]).toBe(name)
  })
})

describe('neuron', () => {
  it('prints equations, program and adjoint, with options', async () => {
    const { code, output } = await spikelet('neuron', 'lif', '--neuron-options', '{"tau":4,"reset":"hard"}')
    expect(code).toBe(0)
    expect(output).toMatch(/^neuron lif\n/)
    expect(output).toContain('u = u * (1 - s)')
    expect(output).toContain('step in reverse')
  })

  it('answers unknown names and options with the nearest', async () => {
    expect((await spikelet('neuron', 'plf')).errors).toContain("Did you mean 'plif'?")
    const { code, errors } = await spikelet('neuron', 'lif', '--neuron-options', '{"treshold":2}')
    expect([code, errors.includes("did you mean 'threshold'?")]).toEqual([2, true])
  })
})

describe('train', () => {
  it('is asked for a data set before anything is done', async () => {
    const { code, errors } = await spikelet('train', '--epochs', '2')
    expect([code, errors.includes('the data set is missing')]).toEqual([2, true])
  })

  it.each(['../out', 'a/b', '.hidden', ''])('refuses the name %j', async (name) => {
    const { code } = await spikelet('train', 'fashion-mnist', `--name=${name}`)
    expect(code).toBe(2)
  })
})
