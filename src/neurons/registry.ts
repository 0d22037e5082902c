import { suggestion, UsageError } from '../base/index.ts'
import {
  defineNeuron,
  type Neuron,
  type NeuronConfig,
  type NeuronDefinition,
  type NeuronOptions,
} from '../equations/index.ts'
import { adex } from './adex.ts'
import { alif } from './alif.ts'
import { alphaLif } from './alpha.ts'
import { arLif } from './ar-lif.ts'
import { brf } from './brf.ts'
import { clif } from './clif.ts'
import { cubaLif } from './cuba-lif.ts'
import { eif } from './eif.ts'
import { glif } from './glif.ts'
import { iLif } from './i-lif.ts'
import { integrateFire } from './if.ts'
import { ilif } from './ilif.ts'
import { izhikevich } from './izhikevich.ts'
import { klif } from './klif.ts'
import { leakyReadout } from './leaky-readout.ts'
import { liaf } from './liaf.ts'
import { lif } from './lif.ts'
import { noisyLif } from './noisy-lif.ts'
import { plif } from './plif.ts'
import { maskedPsn, psn, slidingPsn } from './psn.ts'
import { qif } from './qif.ts'
import { refractoryLif } from './refractory-lif.ts'
import { relu } from './relu.ts'
import { resonateAndFire } from './resonate-and-fire.ts'
import { rpLif } from './rp-lif.ts'
import { seAdLif } from './se-adlif.ts'
import { tcLif } from './tc-lif.ts'
import { ternaryLif } from './ternary-lif.ts'
import { tsLif } from './ts-lif.ts'

/** Published neurons by the name that configurations and command lines use. */
export const neurons: { readonly [name: string]: (options?: NeuronOptions) => Neuron } = {
  if: integrateFire,
  lif,
  plif,
  clif,
  klif,
  glif,
  alif,
  'tc-lif': tcLif,
  'ar-lif': arLif,
  ilif,
  'cuba-lif': cubaLif,
  qif,
  eif,
  izhikevich,
  alpha: alphaLif,
  'i-lif': iLif,
  'rp-lif': rpLif,
  'se-adlif': seAdLif,
  'ts-lif': tsLif,
  adex,
  'resonate-and-fire': resonateAndFire,
  liaf,
  'refractory-lif': refractoryLif,
  'noisy-lif': noisyLif,
  brf,
  'ternary-lif': ternaryLif,
  psn,
  'masked-psn': maskedPsn,
  'sliding-psn': slidingPsn,
  relu,
  leakyReadout,
}

/**
 * The neuron of a configuration, as `neuron.config` holds it: a checkpoint rebuilds its neurons with this.
 * @throws UsageError for an unknown name or option, EquationError for a definition that does not compile
 */
export function neuronFromConfig(config: NeuronConfig): Neuron {
  const { neuron, options, definition } = config
  if (definition !== undefined) return defineNeuron(definition as unknown as NeuronDefinition)(options)
  if (Object.hasOwn(neurons, neuron)) return neurons[neuron](options)
  const known = Object.keys(neurons)
  throw new UsageError({
    what: `unknown neuron '${neuron}'`,
    next: `${suggestion(neuron, known, { list: true })} Define your own with defineNeuron.`,
  })
}
