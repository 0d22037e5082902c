import { publishedNeuron } from '../equations/index.ts'

/** Integrate and fire: no leak. */
export const integrateFire = publishedNeuron({
  name: 'if',
  paper: 'Lapicque, Recherches quantitatives sur l’excitation électrique des nerfs, 1907',
  constants: { threshold: 1 },
  equations: `
    u = u + x
    s = spike(u - threshold)
    reset(u)`,
})
