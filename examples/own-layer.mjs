// A layer of your own, composed of others: a block whose input is added to its output.
import { AdaptiveAvgPool2d, Conv2d, Flatten, Linear, lif, Network, Residual, Sequential, Spiking } from 'spikelet'

const spikes = () => new Spiking({ neuron: lif(), normalisation: 'perStep' })
const conv = (channels) => new Conv2d({ channels, kernelSize: 3, padding: 1 })
const block = (channels) => new Residual(new Sequential([conv(channels), spikes(), conv(channels), spikes()]))

const net = new Network({
  name: 'blocks',
  input: [16, 16, 3],
  layer: new Sequential([
    conv(8),
    spikes(),
    block(8),
    block(8),
    new AdaptiveAvgPool2d({ size: 1 }),
    new Flatten(),
    new Linear({ features: 10 }),
  ]),
  seed: 1,
})
console.log(net.summary({ T: 4, batch: 32 }).text)
