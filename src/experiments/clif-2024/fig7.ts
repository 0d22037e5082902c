import { firingRate, record } from '../../analysis/index.ts'
import { clif, lif } from '../../neurons/index.ts'
import { draw } from '../../report/index.ts'
import type { Experiment, PlanRequest } from '../experiment.ts'

const T = 100
const seed = 1

/** Strong enough to make neurons fire, too weak to do it with a single spike. */
export const input = 'poisson:0.5:0.7'

/** The neurons that are compared: LIF, CLIF, and the user's. */
export function comparedNeurons({ neurons }: PlanRequest) {
  return [lif(), clif(), ...neurons.map(({ neuron }) => neuron)]
}

/** Single neurons under one input. */
export const fig7: Experiment = {
  name: 'fig7',
  source: 'Fig. 7',
  title: 'What do single neurons do under the same input?',
  question:
    'One LIF and one CLIF neuron receive the same random spikes (Poisson, at half of the steps, of strength 0.7; rate and strength are ours). What do the membrane ' +
    'potential u and the complementary potential m do, and when do they fire?',
  finding:
    'm rises with every spike and falls slowly; it makes the next reset deeper, so that CLIF fires less often after it has ' +
    'fired a lot.',
  takesNeurons: true,
  computed: true,
  plan: () => ({ rows: [], replaced: [] }),
  conclude(_, request) {
    const recording = record(comparedNeurons(request), { T, seed, input })
    const many = record(comparedNeurons(request), { T, seed, input, neurons: 256 })
    const shares = many.recordings.map((one) => 100 * firingRate(one))
    const rows = recording.recordings.map((one, i) => ({
      neuron: one.name,
      'this neuron fires in, %': 100 * firingRate(one),
      '256 neurons fire in, %': shares[i],
      'largest m': one.values.m ? Math.max(...one.values.m) : undefined,
    }))
    const rarer = shares[1] < shares[0]
    return {
      table: {
        columns: [
          { name: 'neuron' },
          { name: 'this neuron fires in, %', digits: 1 },
          { name: '256 neurons fire in, %', digits: 1 },
          { name: 'largest m', digits: 2 },
        ],
        rows,
      },
      // One picture each: they stay readable on a phone.
      pictures: recording.recordings.map((one) => ({
        name: `recording-${one.name}`,
        svg: draw({ ...recording, recordings: [one] }),
        caption: `${one.name}: input x, states and spikes s over ${T} steps; ${recording.about}.`,
      })),
      verdict: {
        agrees: rarer ? 'yes' : 'no',
        text:
          `Over 256 neurons under such input, CLIF fires in ${shares[1].toFixed(1)} % of the steps and LIF in ` +
          `${shares[0].toFixed(1)} %: CLIF ${rarer ? 'holds back' : 'does not hold back'}.`,
      },
    }
  },
}
