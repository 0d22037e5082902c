// A layer of your own: 2 x + W x. Its operation and gradient are its own too, and it comes back from a file.
import { arrayDataset, checkGradient, Layer, loadNetwork, Network, predict, saveNetwork, train } from 'spikelet'
import { add, linear, recordOperation } from 'spikelet/ops'

/** x + x: its gradient comes twice. */
function doubled(scope, x) {
  const twice = (handle) => scope.backend.add(handle, handle)
  const backward = ([gradient]) => [gradient ? twice(gradient) : null]
  return recordOperation(scope, { name: 'doubled', inputs: [x], outputs: [twice(x.handle)], backward })[0]
}

class Skip extends Layer {
  type = 'skip'
  build(input, site) {
    const parameters = input.shape[0] ** 2
    this.weight = site.parameter('weight', [input.shape[0], input.shape[0]], () => new Float64Array(parameters))
    const output = { shape: input.shape, sequence: input.sequence, kind: 'dense' }
    const cost = { parameters, multiplyAdds: parameters, keepsOutput: true, neurons: 0, trainingOnly: false }
    site.row({ type: this.type, input, output, ...cost })
    return output
  }
  forward = (x, run) => add(run, doubled(run, x), linear(run, x, this.weight.on(run.backend), null))
  config = () => ({ type: this.type })
}

const values = Float32Array.of(0.1, -2, 3, 0.5, 1, -1)
const { deviation } = await checkGradient((scope, [x]) => doubled(scope, x), [{ shape: [1, 2, 3], values }])
console.log('the gradient is that of finite differences, but for', deviation.toExponential(0))

const network = () => new Network({ name: 'own', input: [2], layer: new Skip() })
const x = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i * 12.9898))
const side = arrayDataset({ x, shape: [2], y: Array.from({ length: 100 }, (_, n) => Number(x[2 * n] > 0)) })
const net = network()
await train(net, { name: 'own', train: side, test: side, notes: [] }, { T: 1, epochs: 3, batch: 10, run: false })
await saveNetwork(net, 'own.safetensors', { T: 1 })
const again = await loadNetwork('own.safetensors', { network: network() })
const [one, other] = [await predict(net, x.subarray(0, 2), { T: 1 }), await predict(again, x.subarray(0, 2))]
console.log('from the file it says the same:', one.outputs.join() === other.outputs.join())
console.log('weights', again.net.parameters()[0].values.join(' '))
