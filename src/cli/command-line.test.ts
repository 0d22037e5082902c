import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { testSurroundings } from '../../test/cli/surroundings.ts'
import { ShapeError } from '../base/index.ts'
import { type Command, defineCommand, type Invocation } from './command.ts'
import { runCommandLine } from './command-line.ts'
import { commands as allCommands } from './commands/index.ts'

const schema = z.object({
  epochs: z.number('a whole number').int('a whole number').positive('1 or more').default(3).describe('epochs to train'),
  weightDecay: z.number('a number').default(0).describe('weight decay'),
  name: z.string().optional().describe('name of the run'),
  optimiser: z.enum(['sgd', 'adamW']).default('sgd').describe('optimiser'),
  augment: z
    .array(z.enum(['crop', 'flip', 'cutout']))
    .default([])
    .describe('transforms'),
  neuronOptions: z.record(z.string(), z.unknown()).optional().describe('options of the neuron'),
  resume: z.boolean().default(false).describe('goes on'),
  config: z.string().optional().describe('a JSON file'),
  others: z.string().default('').meta({ description: 'flags of another program', takesFlags: true }),
})

async function run(...words: string[]) {
  const seen: Invocation<typeof schema>[] = []
  const practise = defineCommand({
    name: 'practise',
    usage: '<dataset> [more]',
    summary: 'Practises',
    schema,
    examples: ['practise mnist'],
    async run(invocation) {
      seen.push(invocation)
      if (invocation.positional[0] === 'crash') throw new TypeError('x is not a function')
      if (invocation.positional[0] === 'misfit') throw new ShapeError({ what: 'shapes differ', expected: '[2]' })
      if (invocation.positional[0] === 'decay')
        throw new ShapeError({ what: 'no', next: 'Name it (option `weightDecay`).' })
      if (invocation.positional[0] === 'missing') await readFile('/nowhere/at-all')
      return 0
    },
  })
  const other: Command = { ...practise, name: 'other', usage: '', schema: z.object({}) }
  const { surroundings, output, errors } = testSurroundings()
  const code = await runCommandLine(words, [practise, other], surroundings)
  return { code, output: output(), errors: errors(), invocation: seen[0] }
}

describe('options', () => {
  it('have defaults', async () => {
    const { code, invocation } = await run('practise', 'mnist')
    expect(code).toBe(0)
    expect(invocation.positional).toEqual(['mnist'])
    expect(invocation.options).toMatchObject({
      epochs: 3,
      weightDecay: 0,
      optimiser: 'sgd',
      augment: [],
      resume: false,
    })
    expect(invocation.given).toEqual(new Set())
  })

  it('become numbers, lists, flags and objects as their schema says', async () => {
    const words = ['--epochs', '5', '--weight-decay=5e-4', '--augment', 'crop,flip', '--augment', 'cutout', '--resume']
    const { invocation } = await run('practise', 'mnist', ...words, '--neuron-options', '{"tau":1.5}')
    expect(invocation.options).toMatchObject({
      epochs: 5,
      weightDecay: 5e-4,
      augment: ['crop', 'flip', 'cutout'],
      resume: true,
      neuronOptions: { tau: 1.5 },
    })
    expect(invocation.given.has('epochs')).toBe(true)
  })

  it('keep a text that looks like a number, and take a negative number', async () => {
    const { invocation } = await run('practise', '007', '--name', '007', '--weight-decay', '-1')
    expect(invocation.positional).toEqual(['007'])
    expect(invocation.options).toMatchObject({ name: '007', weightDecay: -1 })
  })

  it('may be flags of another program', async () => {
    const { invocation } = await run('practise', 'mnist', '--others', '--time=1 --mem 2', '--name', 'a')
    expect(invocation.options).toMatchObject({ others: '--time=1 --mem 2', name: 'a' })
    expect((await run('practise', 'mnist', '--others')).errors).toContain('--others needs a value')
  })

  it('may stand before the argument, a flag too', async () => {
    const { invocation } = await run('practise', '--resume', 'mnist')
    expect(invocation.positional).toEqual(['mnist'])
    expect(invocation.options.resume).toBe(true)
  })

  it.each([
    [['--epoch', '5'], 'unknown option --epoch\nDid you mean --epochs?'],
    [['--weightDeca', '5'], 'Did you mean --weight-decay?'],
    [['--Epochs', '5'], 'unknown option --Epochs\nDid you mean --epochs?'],
    [['--name', ''], '--name needs a value'],
    [['--name='], '--name needs a value'],
    [['--epochs', 'many'], "--epochs cannot have this value\n  expected a whole number\n  got      'many'"],
    [['--epochs', '1.5'], 'a whole number'],
    [['--epochs', '0'], '1 or more'],
    [['--epochs'], '--epochs needs a value'],
    [['--epochs', '1', '--epochs', '2'], '--epochs is given more than once'],
    [['--no-epochs'], '--epochs cannot be switched off'],
    [['--optimiser', 'adam'], "expected sgd, adamW\n  got      'adam'\nDid you mean 'adamW'?"],
    [['--augment', 'crop,flp'], "expected crop, flip, cutout\n  got      'flp'\nDid you mean 'flip'?"],
    [['--neuron-options', '{tau}'], '--neuron-options is not JSON'],
    [['one', '--resume=maybe'], "'maybe' is one argument too many"],
    [['one', 'too-many'], "'too-many' is one argument too many"],
  ])('%j ends with exit code 2 and a word of help', async (words, message) => {
    const { code, errors, invocation } = await run('practise', 'mnist', ...words)
    expect(errors).toContain(message)
    expect(errors).not.toContain('    at ')
    expect([code, invocation]).toEqual([2, undefined])
  })
})

describe('what the system refuses', () => {
  const failing = (error: Error) =>
    defineCommand({
      name: 'practise',
      usage: '',
      summary: 'Practises',
      schema: z.object({ out: z.string().default('runs'), cache: z.string().optional() }),
      examples: [],
      run: () => Promise.reject(error),
    })
  const errorsOf = async (error: Error, ...words: string[]) => {
    const { surroundings, errors } = testSurroundings({ env: { HOME: '/home/a' } })
    const code = await runCommandLine(['practise', ...words], [failing(error)], surroundings)
    return { code, text: errors() }
  }
  const refused = (code: string, path: string) =>
    Object.assign(new Error(`${code}: no`), { code, path, syscall: 'mkdir', errno: -1 })

  it.each([
    ['EACCES', 'runs/one/checkpoints', [], 'this may not be read or written', '--out'],
    ['ENOSPC', '/tmp/elsewhere/one', ['--out', '/tmp/elsewhere'], 'the disk is full', '--out'],
    ['EROFS', '/home/a/.cache/spikelet/frames', [], 'this disk can only be read', '--cache'],
  ])('%s of %s names the option', async (code, path, words, what, flag) => {
    const { code: exit, text } = await errorsOf(refused(code, path), ...words)
    expect(exit).toBe(1)
    expect(text).toMatch(new RegExp(`^error: ${what}\n {2}${path}\n {2}got {6}${code}: no\n.* ${flag} names another`))
  })

  it('names no option for a path that none gave', async () => {
    expect((await errorsOf(refused('ENOENT', '/etc/nothing'))).text).not.toContain('--')
  })
})

describe('a configuration file', () => {
  let folder: string
  const file = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spikelet-cli-'))
    await writeFile(file('good.json'), JSON.stringify({ epochs: 7, augment: ['flip'] }))
    await writeFile(file('unknown.json'), JSON.stringify({ epoch: 7 }))
    await writeFile(file('wrong.json'), JSON.stringify({ epochs: '7' }))
    await writeFile(file('list.json'), '[1]')
    await writeFile(file('torn.json'), '{"epochs": ')
  })

  afterAll(() => rm(folder, { recursive: true }))

  it('gives options, and flags win', async () => {
    const first = await run('practise', 'mnist', '--config', file('good.json'))
    expect(first.invocation.options).toMatchObject({ epochs: 7, augment: ['flip'] })
    await writeFile(file('marked.json'), `\ufeff${await readFile(file('good.json'), 'utf8')}`)
    const marked = await run('practise', 'mnist', '--config', file('marked.json'))
    expect(marked.invocation.options).toMatchObject({ epochs: 7, augment: ['flip'] })
    const second = await run('practise', 'mnist', '--config', file('good.json'), '--epochs', '2')
    expect(second.invocation.options).toMatchObject({ epochs: 2, augment: ['flip'] })
  })

  it.each([
    ['unknown.json', "Did you mean 'epochs'?"],
    ['wrong.json', 'wrong.json: epochs cannot have this value'],
    ['list.json', 'must hold one JSON object'],
    ['torn.json', 'is not JSON'],
    ['missing.json', 'cannot read this file'],
  ])('%s is refused', async (name, message) => {
    const { code, errors } = await run('practise', 'mnist', '--config', file(name))
    expect(errors).toContain(message)
    expect(errors).toContain(name)
    expect(code).toBe(2)
  })
})

describe('what is printed', () => {
  it('help for all and for one command', async () => {
    const all = await run('--help')
    expect([all.code, all.errors]).toEqual([0, ''])
    expect(all.output).toMatch(/practise <dataset> \[more\] +Practises/)
    const one = await run('practise', '--help')
    expect(one.code).toBe(0)
    expect(one.output).toMatch(/--epochs N +epochs to train \(3\)/)
    expect(one.output).toMatch(/--optimiser sgd\|adamW +optimiser \(sgd\)/)
    expect(one.output).toContain('npx spikelet practise mnist')
    expect(one.invocation).toBeUndefined()
  })

  it('the overview where no command is named, as a usage error', async () => {
    const { code, output } = await run()
    expect(code).toBe(2)
    expect(output).toContain('practise')
  })

  it('the version', async () => {
    expect((await run('--version')).output).toBe('1.2.3\n')
  })

  it('the nearest command', async () => {
    const { code, errors } = await run('practice')
    expect(code).toBe(2)
    expect(errors).toContain("unknown command 'practice'\nDid you mean 'practise'?")
  })

  it('a missing argument', async () => {
    const { code, errors } = await run('practise')
    expect(code).toBe(2)
    expect(errors).toContain('<dataset> is missing\n  expected spikelet practise <dataset> [more]')
  })

  it("an error's message alone, and its stack with --debug", async () => {
    const short = await run('practise', 'crash')
    expect(short.code).toBe(1)
    expect(short.errors).toBe('error: x is not a function\n--debug shows where it came from\n')
    const long = await run('practise', 'crash', '--debug')
    expect(long.errors).toMatch(/TypeError: x is not a function\n {4}at /)
    expect((await run('practise', 'decay')).errors).toBe('error: no\nName it (option --weight-decay).\n')
    expect((await run('practise', 'missing')).errors).toMatch(
      /there is no such file or folder\n {2}\/nowhere\/at-all\n {2}got {6}ENOENT/,
    )
    const misfit = await run('practise', 'misfit')
    expect([misfit.code, misfit.errors]).toEqual([1, 'error: shapes differ\n  expected [2]\n'])
  })
})

it('refuses the words of version 0.1 with those of now', async () => {
  for (const [words, now] of [
    [['train', 'fashion-mnist', '--loss', 'paper'], "'paper' is called 'tet' now: --loss tet"],
    [['train', 'cifar10', '--protocol', 'paper-star'], "'paper-star' is called 'clif-2024-starred' now"],
    [['energy', '--accounting', 'paper'], "'paper' is called 'clif-2024' now: --accounting clif-2024"],
    [['reproduce', 'fig4', '--scale', 'paper'], "'paper' is called 'full' now: --scale full"],
  ] as const) {
    const { surroundings, errors } = testSurroundings()
    expect(await runCommandLine(words, allCommands, surroundings)).toBe(2)
    expect(errors()).toContain(now)
  }
})
