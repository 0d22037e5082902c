import { publishedNeuron } from '../equations/index.ts'

/** The unit of networks without time, for comparison: no state, dense output. */
export const relu = publishedNeuron({
  name: 'relu',
  paper: 'Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, ICML 2010',
  equations: 's = relu(x)',
})
