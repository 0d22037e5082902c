import { z } from 'zod'
import { scales } from '../../../experiments/index.ts'
import { jobPlaceOptions, wholeNumber } from '../../../runs/index.ts'
import type { Invocation } from '../../command.ts'

export const reproduceSchema = z.object({
  scale: z
    .enum(scales)
    .default('smoke')
    .meta({
      description:
        'smoke: minutes, no evidence about the paper; evening: its main questions in a few evenings; small: hours for each ' +
        'experiment; full: its own protocol',
      renamed: { paper: 'full' },
    }),
  list: z.boolean().default(false).describe('lists the experiments'),
  estimate: z.boolean().default(false).describe('says what it would take, and stops'),
  jobs: wholeNumber(1).optional().describe('runs at once, each in a process of its own; as many as cores, at most 4'),
  ...jobPlaceOptions,
  threads: wholeNumber(1).optional().describe('threads of each process; the cores, shared out'),
  neuron: z.array(z.string()).default([]).describe('adds neurons: names, or JSON files with definitions'),
  data: z.array(z.string()).default(['data']).describe('folder that holds data sets, or NAME=FOLDER'),
  out: z.string().default('reproduced').describe('folder of runs and results'),
  cache: z.string().optional().describe('folder that keeps frames between runs; ~/.cache/spikelet'),
  json: z.boolean().default(false).describe('prints the results as JSON'),
})

export type ReproduceInvocation = Invocation<typeof reproduceSchema>
