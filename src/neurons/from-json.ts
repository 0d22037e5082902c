import { Json, SpikeletError } from '../base/index.ts'
import type { Neuron, NeuronConfig } from '../equations/index.ts'
import { neuronFromConfig } from './registry.ts'

const scopes = ['layer', 'channel', 'neuron', 'step', 'stepChannel'] as const

/** Options that all neurons share, and how each is checked; what a name of a neuron's own may be, `parameter` says. */
const shared: { readonly [option: string]: (json: Json) => unknown } = {
  surrogate: (json) => (typeof json.value === 'string' ? json.text() : surrogate(json)),
  alpha: (json) => json.number(),
  reset: (json) => (typeof json.value === 'string' ? json.text() : json.only('hard').at('hard').number()),
  detachReset: (json) => json.flag(),
  decayInput: (json) => json.flag(),
  noise: (json) => json.oneOf('training', 'always'),
  state: (json) => json.entries().map(([, start]) => startOf(start)),
}

function surrogate(json: Json): void {
  json.only('name', 'alpha', 'derivative', 'window').at('name').text()
  json.at('alpha').optional((alpha) => alpha.number())
  for (const formula of ['derivative', 'window']) json.at(formula).optional((text) => text.text())
}

/** A number, or an expression that gives one. */
function startOf(json: Json): void {
  if (typeof json.value === 'string') json.text()
  else json.number()
}

/** A constant, or a learnable parameter: where it starts, and perhaps for what it differs. */
function parameter(json: Json): void {
  if (typeof json.value !== 'object' || Array.isArray(json.value)) {
    learnableStart(json)
    return
  }
  json.only('start', 'per', 'min', 'max').at('start').optional(learnableStart)
  json.at('per').optional((per) => per.oneOf(...scopes))
  for (const bound of ['min', 'max']) json.at(bound).optional(startOf)
}

/** As `startOf`, or a number for each value. */
function learnableStart(json: Json): void {
  if (Array.isArray(json.value) && json.value.length > 0) json.list().map((value) => value.number())
  else startOf(json)
}

function checkOptions(json: Json): void {
  for (const [name, option] of json.entries()) {
    if (Object.hasOwn(shared, name)) shared[name](option)
    else parameter(option)
  }
}

function checkDefinition(json: Json): void {
  const own = ['name', 'equations', 'constants', 'learnable', 'temporal', 'paper']
  for (const name of ['name', 'equations']) json.at(name).text()
  for (const name of ['temporal', 'paper']) json.at(name).optional((text) => text.text())
  json.at('constants').optional((constants) => constants.entries().map(([, value]) => value.number()))
  json.at('learnable').optional((learnable) => learnable.entries().map(([, value]) => parameter(value)))
  checkOptions(
    new Json(Object.fromEntries(Object.entries(json.object()).filter(([name]) => !own.includes(name))), json.place),
  )
}

/**
 * A neuron from JSON that somebody else may have written: what `neuron.config` gave.
 * @throws FormatError, naming the place, if it does not have that form; UsageError or EquationError for a name, an option or
 * a definition that no neuron has
 */
export function neuronFromJson(json: Json): Neuron {
  json.only('neuron', 'options', 'definition').at('neuron').text()
  checkOptions(json.at('options'))
  json.at('definition').optional(checkDefinition)
  try {
    return neuronFromConfig(json.value as NeuronConfig)
  } catch (error) {
    if (!(error instanceof SpikeletError)) throw error
    const Kind = error.constructor as typeof SpikeletError
    const { place } = error.parts
    throw new Kind({ ...error.parts, place: place ? `${json.place}\n${place}` : json.place, cause: error })
  }
}
