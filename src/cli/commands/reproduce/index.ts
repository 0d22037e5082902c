import { UsageError } from '../../../base/index.ts'
import {
  type Experiment,
  experimentNamed,
  experiments,
  type PlanRequest,
  type Scale,
} from '../../../experiments/index.ts'
import { chooseNeuron } from '../../../runs/index.ts'
import { defineCommand } from '../../command.ts'
import { exitCodes } from '../../surroundings.ts'
import { proseTable } from '../../table.ts'
import { dataFolders } from './data-folders.ts'
import { reproduceSchema } from './options.ts'
import { reproduce } from './reproduce.ts'

/** Repeats figures and tables of the CLIF paper. */
export const reproduceCommand = defineCommand({
  name: 'reproduce',
  usage: '[...experiments]',
  summary: "Repeats the CLIF paper's figures and tables, with the paper's numbers beside",
  schema: reproduceSchema,
  notes: [
    `Experiments: ${experiments.flatMap(({ name, aliases = [] }) => [name, ...aliases]).join(', ')}; or all.`,
    'What is finished is not run again: the same command goes on with what was stopped.',
    'Data sets are looked for in --data; npx spikelet data get NAME brings one to data/NAME.',
  ],
  examples: [
    'reproduce fig7 fig8',
    'reproduce fig2a --data ./data',
    'reproduce fig4 --neuron ./mine.json',
    'reproduce table1 --scale full --estimate',
  ],
  async run(invocation) {
    const { positional, options, surroundings } = invocation
    if (options.list) {
      surroundings.write(listText(surroundings.terminal.columns()))
      return exitCodes.done
    }
    const names = positional.filter((name) => name !== undefined)
    const chosen = chosenExperiments(names, options.scale)
    const data = await dataFolders(options.data)
    const neurons = await Promise.all(
      options.neuron.map(async (choice) => ({ choice, neuron: await chooseNeuron(choice) })),
    )
    const request: PlanRequest = {
      scale: options.scale,
      neurons,
      has: (dataset) => data.has(dataset),
    }
    if (neurons.length > 0) for (const one of chosen) checkTakesNeurons(one)
    return reproduce(chosen, request, data, invocation)
  },
})

function chosenExperiments(names: readonly string[], scale: Scale): Experiment[] {
  if (names.length === 0) {
    throw new UsageError({
      what: 'no experiment is named',
      expected: 'spikelet reproduce NAME...',
      next: 'The names are shown by spikelet reproduce --list.',
    })
  }
  const parts = scale === 'evening' ? experiments.filter(({ evening }) => evening) : experiments
  if (names.includes('all')) return [...parts]
  const chosen = [...new Set(names.map(experimentNamed))]
  const without = chosen.find((one) => !one.computed && !parts.includes(one))
  if (!without) return chosen
  throw new UsageError({
    what: `${without.name} has no part in an evening`,
    expected: parts.map(({ name }) => name).join(', '),
    got: `${without.name} with --scale evening`,
    next: 'Name one of these, or take --scale small.',
  })
}

function checkTakesNeurons({ name, takesNeurons }: Experiment): void {
  if (takesNeurons) return
  throw new UsageError({
    what: `${name} is about the neurons of the paper, and takes no others`,
    expected: experiments
      .filter((one) => one.takesNeurons)
      .map((one) => one.name)
      .join(', '),
    got: `--neuron with ${name}`,
    next: `Leave ${name} out, or --neuron.`,
  })
}

function listText(width: number): string {
  const rows = experiments.map(({ name, aliases = [], source, title }) => [
    [name, ...aliases].join(', '),
    source,
    title,
  ])
  return `${proseTable(['name', 'in the paper', 'question'], rows, width)}\n`
}
