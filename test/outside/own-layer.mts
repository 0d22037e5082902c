// A program outside of the package: its own numbers, its own operation, layer and loss, with what the package exports.
import {
  adamW,
  arrayDataset,
  checkGradient,
  type Frame,
  Layer,
  type LayerConfig,
  Linear,
  type Loss,
  lif,
  loadNetwork,
  Network,
  predict,
  type Run,
  Sequential,
  type Site,
  Spiking,
  saveNetwork,
  type Tensor,
  train,
} from 'spikelet'
import { add, linear, recordOperation, type Scope } from 'spikelet/ops'

declare const console: { log(text: string): void }

/** 2 x, as an operation of its own. */
function doubled(scope: Scope, x: Tensor): Tensor {
  const { backend } = scope
  const [y] = recordOperation(scope, {
    name: 'doubled',
    inputs: [x],
    outputs: [backend.add(x.handle, x.handle)],
    backward: ([gradient]) => [gradient ? backend.add(gradient, gradient) : null],
  })
  return y!
}

/** 2 x + W x. */
class Skip extends Layer {
  readonly type = 'skip'
  private weight!: ReturnType<Site['parameter']>

  build(input: Frame, site: Site): Frame {
    const size = input.shape[0]!
    const start = (random: { uniform(): number }) =>
      Float64Array.from({ length: size * size }, () => random.uniform() - 0.5)
    this.weight = site.parameter('weight', [size, size], start)
    const output: Frame = { shape: input.shape, sequence: input.sequence, kind: 'dense' }
    site.row({
      type: this.type,
      input,
      output,
      parameters: size * size,
      multiplyAdds: size * size,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
    })
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    return add(run, doubled(run, x), linear(run, x, this.weight.on(run.backend), null))
  }

  config(): LayerConfig {
    return { type: this.type }
  }
}

const network = () =>
  new Network({
    name: 'own',
    input: [4],
    layer: new Sequential([
      new Skip(),
      new Linear({ features: 16 }),
      new Spiking({ neuron: lif() }),
      new Linear({ features: 2 }),
    ]),
  })

/** Cross entropy of the mean output, with a tenth of each target spread. */
const loss: Loss = {
  name: 'softened',
  options: () => ({ reduction: 'mean', crossEntropy: 1, squaredError: 0, squaredErrorTo: 0 }),
  targets: (labels, classes) =>
    Float64Array.from({ length: labels.length * classes }, (_, i) =>
      i % classes === labels[Math.floor(i / classes)] ? 0.9 : 0.1 / (classes - 1),
    ),
}

const length = 200
const x = Float32Array.from({ length: 4 * length }, (_, i) => Math.sin(i * 12.9898) * 2)
const y = Array.from({ length }, (_, i) => (x[4 * i]! + x[4 * i + 1]! > 0 ? 1 : 0))
const samples = arrayDataset({ name: 'sums', x, shape: [4], y })

const checked = await checkGradient(
  (scope, [input]) => doubled(scope, input!),
  [{ shape: [1, 2, 3], values: x.subarray(0, 6) }],
)

const net = network()
const datasets = { name: 'sums', train: samples, test: samples, notes: [] }
const options = {
  T: 2,
  epochs: 12,
  batch: 20,
  loss,
  optimiser: adamW({ learningRate: 0.01 }),
  run: false,
  threads: 1,
  validation: 'none',
} as const
const result = await train(net, datasets, options)
await saveNetwork(net, 'own.safetensors', { T: 2 })
const again = await loadNetwork('own.safetensors', { network: network() })
const sample = Float32Array.of(2, 2, 0, 0)
const [before, after] = [await predict(net, sample, { T: 2 }), await predict(again, sample)]
console.log(
  JSON.stringify({
    learnt: (result.final?.testAccuracy ?? 0) > 0.85,
    sameAfterLoading: before.outputs.every((value, i) => value === after.outputs[i]),
    predicted: after.label,
    gradientOk: checked.deviation < 1e-6,
  }),
)
