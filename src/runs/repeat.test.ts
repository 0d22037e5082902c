import { expect, it } from 'vitest'
import { commands } from '../cli/commands/index.ts'
import { parseWords } from '../cli/parse-words.ts'
import { readOptions } from '../cli/read-options.ts'
import { repeatText } from './repeat.ts'
import { trainSchema } from './run-settings.ts'

it('names what is not as by default, and nothing else', () => {
  expect(repeatText({ dataset: 'mnist', options: trainSchema.parse({}) })).toBe('npx spikelet train mnist')
  const options = trainSchema.parse({
    T: 6,
    weightDecay: 0.001,
    augment: ['crop', 'flip'],
    out: 'elsewhere',
    name: 'a',
  })
  expect(repeatText({ dataset: 'mnist', options })).toBe(
    'npx spikelet train mnist --T 6 --weight-decay 0.001 --augment crop,flip',
  )
})

it('gives the same options when it is read again', () => {
  const options = trainSchema.parse({
    neuron: './mine.json',
    neuronOptions: { tau: 1.5, reset: 'hard' },
    seed: 7,
    clip: 1,
  })
  const text = repeatText({ dataset: 'mnist', options })
  expect(text).toContain(`--neuron-options '{"tau":1.5,"reset":"hard"}'`)
  const words = [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain).slice(2)
  const { command, positional, flags } = parseWords(words, commands)
  expect(positional).toEqual(['mnist'])
  expect(readOptions(command as (typeof commands)[number], flags).options).toEqual(options)
})
