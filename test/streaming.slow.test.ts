import { models } from '../src/models/index.ts'
import { clif, lif, plif } from '../src/neurons/index.ts'
import { describeStreaming } from './streaming.ts'

const reset = { hard: -0.1 }

describeStreaming(
  {
    'snn5 with PLIF and dropout': () => models.snn5({ input: [15, 17, 3], classes: 5, neuron: plif(), dropout: 0.2 }),
    'vgg11 with LIF, reset to a value': () => models.vgg11({ input: [32, 32, 1], classes: 3, neuron: lif({ reset }) }),
    'resnet18 with CLIF': () => models.resnet18({ input: [8, 8, 3], classes: 4, neuron: clif() }),
  },
  [
    [1, 1],
    [3, 2],
    [6, 5],
    [7, 9],
  ],
)
