import { UsageError } from '../base/index.ts'
import { defineNeuron, type Neuron, type NeuronDefinition, type NeuronOptions } from '../equations/index.ts'
import { neuronFromConfig } from '../neurons/index.ts'
import { readJson } from './read-json.ts'

/**
 * A neuron by name, or by a JSON file that holds its definition.
 * @throws UsageError for an unknown name, file or option; EquationError for equations that do not compile
 */
export async function chooseNeuron(nameOrFile: string, options: NeuronOptions = {}): Promise<Neuron> {
  if (!isFile(nameOrFile)) return neuronFromConfig({ neuron: nameOrFile, options })
  const definition = await readJson(nameOrFile)
  if (typeof definition !== 'object' || definition === null) {
    throw new UsageError({
      what: 'a neuron file holds one JSON object',
      place: nameOrFile,
      expected: '{ "name": "mine", "constants": { "tau": 2 }, "equations": ["u = ...", "s = spike(u - 1)"] }',
      got: JSON.stringify(definition),
    })
  }
  return defineNeuron(withJoinedLines(definition as NeuronDefinition))(options)
}

/** JSON has no texts of several lines: a file may give its equations as a list. */
function withJoinedLines(definition: NeuronDefinition): NeuronDefinition {
  const { equations } = definition as { equations: unknown }
  return Array.isArray(equations) ? { ...definition, equations: equations.join('\n') } : definition
}

function isFile(nameOrFile: string): boolean {
  return nameOrFile.endsWith('.json') || /[\\/]/.test(nameOrFile)
}
