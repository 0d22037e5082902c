import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import {
  autocorrelations,
  dependencyGraph,
  firingRate,
  gradientMap,
  gradientPaths,
  histograms,
  record,
  truncationMap,
} from '../../analysis/index.ts'
import { percentText } from '../../base/index.ts'
import { kernelLanguages, neuronText } from '../../codegen/index.ts'
import { type Neuron, printNeuron } from '../../equations/index.ts'
import { save, valueText } from '../../hosts/node/index.ts'
import { neurons } from '../../neurons/index.ts'
import { type Drawable, picturesHtml } from '../../report/index.ts'
import { chooseNeuron } from '../../runs/index.ts'
import { defineCommand, type Invocation } from '../command.ts'
import { exitCodes } from '../surroundings.ts'

const count = () => z.number('a whole number').int('a whole number').min(1, '1 or more')

const schema = z.object({
  neuronOptions: z.record(z.string(), z.unknown()).optional().describe('constants, reset, surrogate, ...'),
  input: z.string().optional().describe('draws it under poisson:RATE[:CURRENT], constant:CURRENT, or numbers'),
  T: count().default(64).describe('time steps of the drawings'),
  seed: count().default(1).describe('of the input'),
  bptt: count().default(4).describe('steps that the drawn truncation keeps'),
  emit: z.enum(kernelLanguages).optional().describe("prints its kernels: WebAssembly, a GPU's, or machine code"),
  json: z.boolean().default(false).describe('prints the recording as JSON instead'),
  out: z.string().optional().describe('folder for the drawings; neuron-NAME'),
})

/** Prints a neuron, or draws what it does under an input. */
export const neuronCommand = defineCommand({
  name: 'neuron',
  usage: '<neuron>',
  summary: "Prints a neuron's equations, its program and the derived adjoint, or draws it under an input",
  schema,
  notes: [`Neurons: ${Object.keys(neurons).join(', ')};`, 'or a JSON file with a definition of your own.'],
  examples: [
    'neuron clif',
    `neuron lif --neuron-options '{"reset":"hard"}'`,
    'neuron clif --emit wat',
    'neuron clif --input poisson:0.3',
    'neuron ./mine.json --input 0.8,0.4,0.9 --T 12 --json',
  ],
  async run({ positional, options, surroundings }) {
    const neuron = await chooseNeuron(positional[0] as string, options.neuronOptions)
    const { input, out, json, emit } = options
    if (emit !== undefined) {
      surroundings.write(neuronText(neuron, emit, options.T))
      return exitCodes.done
    }
    if (input === undefined && out === undefined && !json) {
      surroundings.write(printNeuron(neuron))
      return exitCodes.done
    }
    const drawings = drawingsOf(neuron, { ...options, input: input ?? 'poisson:0.3' })
    if (json) {
      surroundings.write(`${valueText(drawings.recording)}\n`)
      return exitCodes.done
    }
    const folder = out ?? `neuron-${neuron.name}`
    await mkdir(folder, { recursive: true })
    for (const [name, value] of Object.entries(drawings)) await save(value, join(folder, `${name}.svg`))
    await save(drawings.recording, join(folder, 'recording.json'))
    await writeFile(join(folder, 'index.html'), picturesHtml(`Neuron ${neuron.name}`, Object.values(drawings)))
    const { recordings } = drawings.recording
    surroundings.write(
      `${neuron.name} under ${drawings.recording.about}: fires in ${percentText(firingRate(recordings[0]), 1)} of ` +
        `${options.T} steps\npictures  ${join(folder, 'index.html')}\n`,
    )
    return exitCodes.done
  },
})

type Options = Invocation<typeof schema>['options'] & { readonly input: string }

/** Everything that is drawn of a neuron, by the name of its file. */
function drawingsOf(neuron: Neuron, { input, T, seed, bptt }: Options) {
  const recording = record(neuron, { T, input, seed })
  const many = record(neuron, { T: Math.max(T, 200), input, seed, neurons: 64 })
  const short = Math.min(T, 32)
  const drawings = {
    recording,
    ...(recording.recordings[0].states.length > 0
      ? { autocorrelation: autocorrelations(many, 30), histogram: histograms(many) }
      : {}),
    gradient: gradientMap(neuron, { T: short, input, seed }),
    truncation: truncationMap(neuron, bptt, { T: Math.min(T, 16), input, seed }),
    dependencies: dependencyGraph(neuron),
    paths: gradientPaths(neuron),
  }
  return drawings satisfies { readonly [name: string]: Drawable }
}
