// A data set of your own: bytes, labels and a shape. Here, stripes that lie or stand.
import { arrayDataset, Conv2d, clif, Flatten, Linear, Network, Sequential, Spiking, train } from 'spikelet'

function stripes(name, length) {
  const labels = Array.from({ length }, (_, i) => i % 2)
  const pixels = new Uint8Array(length * 64)
  for (let i = 0; i < length; i++)
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) {
        const on = ((labels[i] ? x : y) + (i >> 1)) % 4 < 2
        pixels[i * 64 + y * 8 + x] = on ? 255 - ((7 * i + x * y) % 90) : (5 * i + x) % 90
      }
  return arrayDataset({ name, classes: ['lying', 'standing'], shape: [8, 8, 1], x: pixels, y: labels })
}

const data = { name: 'stripes', train: stripes('stripes', 400), test: stripes('stripes', 100), notes: [] }
const net = new Network({
  name: 'small',
  input: [8, 8, 1],
  layer: new Sequential([
    new Conv2d({ channels: 8, kernelSize: 3, stride: 2, padding: 1 }),
    new Spiking({ neuron: clif(), normalisation: 'perStep' }),
    new Flatten(),
    new Linear({ features: 2 }),
  ]),
  seed: 1,
})
const run = await train(net, data, { T: 4, epochs: 3, batch: 20, seed: 1 })
console.log('test accuracy', run.test?.accuracy)
