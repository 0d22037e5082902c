import { publishedNeuron } from '../equations/index.ts'

const paper =
  'Fang et al., Parallel Spiking Neurons with High Efficiency and Ability to Learn Long-term Dependencies, NeurIPS 2023'

/** No membrane: a learned linear map over all time steps, then a threshold for each of them. */
export const psn = publishedNeuron({
  name: 'psn',
  paper,
  surrogate: 'atan',
  temporal: 'full',
  learnable: { b: { start: -1, per: 'step' } },
  equations: 's = spike(x + b)',
})

/** PSN that reads the k latest inputs alone, and so can run in a stream. */
export const maskedPsn = publishedNeuron({
  name: 'masked-psn',
  paper,
  surrogate: 'atan',
  temporal: 'masked',
  constants: { k: 2 },
  learnable: { b: { start: -1, per: 'step' } },
  equations: 's = spike(x + b)',
})

/** PSN whose k weights and whose threshold all steps share: it runs for any number of steps. */
export const slidingPsn = publishedNeuron({
  name: 'sliding-psn',
  paper,
  surrogate: 'atan',
  temporal: 'sliding',
  constants: { k: 2 },
  learnable: { b: -1 },
  equations: 's = spike(x + b)',
})
