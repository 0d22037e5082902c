import { z } from 'zod'
import { percentText } from '../../base/index.ts'
import { type ZooCard, zooCard, zooNames } from '../../zoo/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../surroundings.ts'
import { proseTable } from '../table.ts'
import { wrapWords } from '../wrap.ts'

/** Networks that come trained. */
export const zooCommand = defineCommand({
  name: 'zoo',
  usage: '[name]',
  summary: 'Lists the networks that come trained, or prints the card of one',
  schema: z.object({ json: z.boolean().default(false).describe('prints cards as JSON') }),
  notes: ['zoo:NAME stands wherever a checkpoint is taken. Nothing is downloaded.'],
  examples: ['zoo', 'zoo n-mnist-snn3'],
  async run({ positional, options, surroundings }) {
    const [name] = positional as [string | undefined]
    const width = surroundings.terminal.columns()
    const cards = await Promise.all((name === undefined ? zooNames : [name]).map(zooCard))
    if (options.json) surroundings.write(`${JSON.stringify(name === undefined ? cards : cards[0], null, 2)}\n`)
    else surroundings.write(name === undefined ? listText(cards, width) : cardText(cards[0], width))
    return exitCodes.done
  },
})

const accuracyText = ({ correct, samples }: ZooCard) => percentText(correct / samples)
/** In points: what a test of as many samples can tell. */
const errorText = ({ correct, samples }: ZooCard) => {
  const share = correct / samples
  return `${(100 * Math.sqrt((share * (1 - share)) / samples)).toFixed(1)} points`
}
const sizeText = ({ bytes }: ZooCard) => `${Math.ceil(bytes / 1000)} kB`

function listText(cards: readonly ZooCard[], width: number): string {
  const rows = cards.map((card) => [card.name, accuracyText(card), sizeText(card), card.summary])
  return `${proseTable(['name', 'accuracy', 'size', 'what it is'], rows, width)}\n`
}

function cardText(card: ZooCard, width: number): string {
  const rates = Object.entries(card.rates).map(([layer, rate]) => `${layer} ${percentText(rate, 1)}`)
  const rows = [
    ['network', `${card.summary}; ${sizeText(card)}, weights as float16`],
    ['data', `${card.data}; ${card.licence}`],
    ['trained', card.command],
    ['with', `seed ${card.seed}, ${card.minutes} minutes, ${card.machine}`],
    [
      'accuracy',
      `${accuracyText(card)}, ${card.correct} of ${card.samples} (standard error ${errorText(card)}); ${card.rule}`,
    ],
    ['again', card.evaluate],
    ['rates', rates.join(', ')],
    [
      'energy',
      `${card.energy.operations} uJ an inference for operations, ${card.energy.withMemory} uJ with memory (45 nm)`,
    ],
    ['limits', card.limits],
  ]
  const lines = rows.flatMap(([label, text]) =>
    wrapWords(text, Math.max(20, width - 12)).map((line, i) => `  ${(i === 0 ? label : '').padEnd(10)}${line}`),
  )
  return [card.name, ...lines, ''].join('\n')
}
