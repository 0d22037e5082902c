import { sizeOf } from '../dist/base/index.js'
import { mean } from './timing.mjs'

/**
 * Counts spikes and open windows of every neuron layer, as they are made.
 * @param {import('../dist/node.js').Backend} backend
 */
export function firingCounter(backend) {
  /** @type {{ path: string, size: number, counts: Promise<ArrayLike<number>> }[]} */
  let seen = []
  return {
    observe(path, output) {
      const handle = backend.activity(output.handle)
      seen.push({ path, size: sizeOf(output.shape), counts: backend.read(handle) })
      backend.release(handle)
    },
    /** Rates since the last call, over all neuron-steps and by layer. */
    async rates() {
      const layers = []
      for (const { path, size, counts } of seen) {
        const [spikes, open] = await counts
        layers.push({ path, size, spikes, open })
      }
      seen = []
      return ratesOf(layers)
    },
  }
}

/** @param {readonly { path: string, size: number, spikes: number, open: number }[]} layers */
export function ratesOf(layers) {
  const total = (of) => layers.reduce((sum, layer) => sum + of(layer), 0)
  const size = total((layer) => layer.size)
  return {
    firingRate: total(({ spikes }) => spikes) / size,
    windowRate: total(({ open }) => open) / size,
    layers: layers.map(({ path, size, spikes, open }) => ({
      path,
      firingRate: spikes / size,
      windowRate: open / size,
    })),
  }
}

/** The mean of some passes' rates. @param {readonly ReturnType<typeof ratesOf>[]} passes */
export function meanRates(passes) {
  const layers = passes[0].layers.map(({ path }, i) => ({
    path,
    firingRate: mean(passes.map((pass) => pass.layers[i].firingRate)),
    windowRate: mean(passes.map((pass) => pass.layers[i].windowRate)),
  }))
  return {
    firingRate: mean(passes.map((pass) => pass.firingRate)),
    windowRate: mean(passes.map((pass) => pass.windowRate)),
    layers,
  }
}

/**
 * The network, whose neuron layers are all watched in every pass.
 * @param {import('../dist/node.js').Network} network
 */
export function watched(network, observe) {
  const forward = (x, run) => network.forward(x, { ...run, observe })
  return Object.create(network, { forward: { value: forward } })
}
