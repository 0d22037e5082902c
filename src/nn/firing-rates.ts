import type { Handle } from '../backends/index.ts'
import { sizeOf } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'
import type { Network } from './network.ts'
import type { Run } from './run.ts'

export interface LayerActivity {
  readonly path: string
  /** Share of neuron-steps with a spike (or a value other than 0); of neurons that count spikes, spikes a neuron-step. */
  readonly firingRate: number
  /** Share of neuron-steps at which the surrogate's window is open. */
  readonly openRate: number
}

/** An observer for `Run.observe` that counts spikes on the device; `rates` reads the counts once the run is done. */
export function activityObserver(run: Pick<Run, 'backend'>): {
  observe: (path: string, output: Tensor, levels: number) => void
  rates: () => Promise<LayerActivity[]>
} {
  const counts: { path: string; size: number; handle: Handle }[] = []
  return {
    observe: (path, output, levels) => {
      const handle = run.backend.activity(output.handle, levels > 1)
      counts.push({ path, size: sizeOf(output.shape), handle })
    },
    rates: async () => {
      const rates: LayerActivity[] = []
      for (const { path, size, handle } of counts) {
        const [active, open] = await run.backend.read(handle)
        run.backend.release(handle)
        rates.push({ path, firingRate: active / size, openRate: open / size })
      }
      return rates
    },
  }
}

/** Firing rates of every neuron layer for one input, in evaluation mode, in order of computation. */
export async function firingRates(network: Network, x: Tensor, T: number): Promise<LayerActivity[]> {
  const backend = network.backend
  if (!backend) return []
  const { observe, rates } = activityObserver({ backend })
  const output = network.forward(x, { backend, tape: null, training: false, T, key: 0, observe })
  const result = await rates()
  backend.release(output.handle)
  return result
}
