import { autocorrelations, record } from '../../analysis/index.ts'
import { draw } from '../../report/index.ts'
import type { Experiment } from '../experiment.ts'
import { comparedNeurons, input } from './fig7.ts'

const T = 1000
const lags = 30

/** How long potentials remember. */
export const fig8: Experiment = {
  name: 'fig8',
  source: 'Fig. 8',
  title: 'How long does a potential remember?',
  question:
    'Neurons receive random spikes (Poisson, at half of the steps, of strength 0.7; rate and strength are ours). How much does a potential still have in common with ' +
    'itself k steps ago? Its autocorrelation R[k], the mean of x[n] x[n-k], says so.',
  finding:
    "The autocorrelation of CLIF's complementary potential m decays more slowly than that of the membrane potential u.",
  takesNeurons: true,
  computed: true,
  plan: () => ({ rows: [], replaced: [] }),
  conclude(_, request) {
    const correlation = autocorrelations(record(comparedNeurons(request), { T, seed: 1, input, neurons: 64 }), lags)
    const curve = (name: string) => correlation.curves.find((one) => one.name === name)?.values ?? new Float64Array()
    const [u, m] = [curve('u of clif'), curve('m of clif')]
    const above = Array.from(m).filter((value, k) => k > 0 && value > u[k]).length
    const shown = [1, 2, 5, 10, 20, 30]
    return {
      table: {
        columns: [{ name: 'potential' }, ...shown.map((k) => ({ name: `R[${k}] / R[0]`, digits: 3 }))],
        rows: correlation.curves.map(({ name, values }) => ({
          potential: name,
          ...Object.fromEntries(shown.map((k) => [`R[${k}] / R[0]`, values[k]])),
        })),
      },
      pictures: [
        {
          name: 'autocorrelation',
          svg: draw(correlation),
          caption: `Autocorrelation of every potential, as a share of its value at k = 0; ${correlation.about}, 64 neurons.`,
        },
      ],
      verdict: {
        agrees: above === lags ? 'yes' : above === 0 ? 'no' : 'undecided',
        text: `m of CLIF keeps more of itself than u of CLIF at ${above} of ${lags} distances k.`,
      },
    }
  },
}
