import { z } from 'zod'
import { printNeuron } from '../../equations/index.ts'
import { neurons } from '../../neurons/index.ts'
import { chooseNeuron } from '../choose-neuron.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../surroundings.ts'

/** Prints a neuron: its equations, the program made from them, and the derived adjoint. */
export const neuronCommand = defineCommand({
  name: 'neuron',
  usage: '<neuron>',
  summary: "Prints a neuron's equations, its program and the derived adjoint",
  schema: z.object({
    neuronOptions: z.record(z.string(), z.unknown()).optional().describe('constants, reset, surrogate, ...'),
  }),
  notes: [`Neurons: ${Object.keys(neurons).join(', ')};`, 'or a JSON file with a definition of your own.'],
  examples: ['neuron clif', `neuron lif --neuron-options '{"reset":"hard"}'`, 'neuron ./mine.json'],
  async run({ positional, options, surroundings }) {
    const neuron = await chooseNeuron(positional[0] as string, options.neuronOptions)
    surroundings.write(printNeuron(neuron))
    return exitCodes.done
  },
})
