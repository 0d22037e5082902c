// A stream: one frame goes in, one output comes out, and the state is a value that you keep.
import { createInterpreter, Linear, lif, Network, Sequential, Spiking, tensorOf } from 'spikelet'

const net = new Network({
  name: 'stream',
  input: [3],
  layer: new Sequential([new Linear({ features: 4 }), new Spiking({ neuron: lif() }), new Linear({ features: 2 })]),
  seed: 1,
})
const backend = createInterpreter()
await net.place(backend)

let state = null
for (let t = 0; t < 5; t++) {
  const next = net.step(tensorOf(backend, [1, 1, 3], [3 * Math.sin(t), 3 * Math.cos(t), 3]), state)
  console.log(
    `step ${t + 1}`,
    [...(await backend.read(next.output.handle))].map((value) => value.toFixed(3)).join('  '),
  )
  if (state) net.releaseState(state)
  state = next.state
}
