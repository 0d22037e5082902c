import { expect, test } from 'vitest'
import { createInterpreter } from '../src/backends/index.ts'
import { models } from '../src/models/index.ts'
import { clif, leakyReadout, lif } from '../src/neurons/index.ts'
import { Conv2d, Linear, Network, Recurrent, Sequential, Spiking } from '../src/nn/index.ts'
import { tensorOf } from '../src/tensor/index.ts'
import { describeStreaming } from './streaming.ts'

const recurrent = () =>
  new Network({
    name: 'recurrent',
    input: [6, 6, 2],
    layer: new Sequential([
      new Conv2d({ channels: 5, kernelSize: 3, padding: 1 }),
      new Recurrent(new Spiking({ neuron: lif() }), new Conv2d({ channels: 5, kernelSize: 3, padding: 1 })),
      new Linear({ features: 7 }),
      new Recurrent(new Spiking({ neuron: clif(), normalisation: 'perStep' }), new Linear({ features: 7 })),
      new Linear({ features: 3 }),
      new Spiking({ neuron: leakyReadout() }),
    ]),
  })

const snn5 = () => models.snn5({ input: [16, 16, 2], classes: 5, neuron: clif() })

describeStreaming(
  { 'snn5 with CLIF': snn5, recurrent },
  {
    interpreter: [[4, 2]],
    wasm: [
      [1, 1],
      [3, 2],
      [6, 5],
    ],
  },
)

test('the step of a network that is placed nowhere says what to do', () => {
  const network = recurrent()
  const backend = createInterpreter()
  const frame = tensorOf(backend, [1, 1, 6, 6, 2], new Float64Array(72))
  expect(() => network.step(frame, null)).toThrow('Call place() first.')
})
