import { snn3 } from '../../models/index.ts'
import { lif } from '../../neurons/index.ts'
import { checkpointBytes } from '../../train/index.ts'

/** A checkpoint of a small network for Fashion-MNIST, LIF with tau 1.5, whose neurons fire although it is untrained. */
export async function smallCheckpoint(): Promise<{ bytes: Uint8Array; neuronPaths: string[] }> {
  const net = snn3({ input: [28, 28, 1], classes: 10, neuron: lif({ tau: 1.5 }) })
  for (const p of net.parameters()) if (p.path.endsWith('weight')) p.set(p.values.map((value) => 6 * value))
  const training = {
    T: 2,
    dataset: { name: 'fashion-mnist' },
    loss: { name: 'tet' },
    transforms: { evaluation: [{ name: 'normalise', options: { mean: [0.286], deviation: [0.353] } }] },
  }
  const progress = { epoch: 0, batch: 0, update: 0 } as never
  return {
    bytes: await checkpointBytes(net, { progress, training }),
    neuronPaths: net.rows.filter(({ neurons }) => neurons > 0).map(({ path }) => path),
  }
}
