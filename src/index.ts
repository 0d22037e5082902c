/**
 * What Node and pages have alike: the names that stay. `test/surface.txt` lists them, and a new one is a decision. The rest
 * is under `spikelet/data`, `/formats`, `/ops`, `/analysis`, `/interop`, `/report` and `/experiments`.
 */
export { energy, gradientMap, layerGradientMap, rasterOf, record, recordLayers } from './analysis/index.ts'
export { checkGradient, Tape } from './autograd/index.ts'
export {
  type Backend,
  createInterpreter,
  createWasm,
  type Handle,
} from './backends/index.ts'
export {
  EquationError,
  FormatError,
  ResourceError,
  ShapeError,
  SpikeletError,
  UsageError,
} from './base/index.ts'
export {
  arrayDataset,
  type Dataset,
  type Datasets,
  embeddedFashionMnist,
  encoders,
  fashionMnist,
  imageFolder,
  integrate,
  Loader,
  normalisationOf,
  normalise,
  openDataset,
} from './data/index.ts'
export {
  defineNeuron,
  evaluate as evaluateNeuron,
  evaluateGradient as evaluateNeuronGradient,
  type Neuron,
  type NeuronDefinition,
  type NeuronOptions,
  printNeuron,
} from './equations/index.ts'
export { type Events, readEventFile } from './formats/index.ts'
export {
  networkFromNir,
  networkToNir,
  ownNames,
  readNir,
  readPytorch,
  torchTensors,
  writeNir,
  writeSafetensors,
} from './interop/index.ts'
export {
  type Loss,
  membraneLoss,
  rateLoss,
  severalLabelsLoss,
  spikeCountLoss,
  squaredErrorLoss,
  tetLoss,
} from './losses/index.ts'
export {
  dense,
  modelNamed,
  recurrent,
  snn3,
  snn5,
  spikeDrivenTransformer,
  spikingResnet,
  spikingVgg,
  vggsnn,
} from './models/index.ts'
export {
  alif,
  clif,
  glif,
  integrateFire,
  klif,
  leakyReadout,
  lif,
  maskedPsn,
  plif,
  psn,
  relu,
  slidingPsn,
  tcLif,
} from './neurons/index.ts'
export {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  type Frame,
  Graph,
  Layer,
  type LayerConfig,
  Linear,
  MaxPool2d,
  Network,
  type NetworkState,
  type NetworkStream,
  Recurrent,
  Residual,
  type Run,
  Sequential,
  type Site,
  Spiking,
  TemporalLinear,
} from './nn/index.ts'
export { draw } from './report/index.ts'
export { inputTensor, parameterTensor, type Tensor, tensorOf } from './tensor/index.ts'
export {
  adamW,
  type Checkpoint,
  constant,
  cosine,
  type Evaluation,
  fillNetwork,
  forwardBackward,
  loadCheckpoint,
  loadNetwork,
  type Optimiser,
  type Prediction,
  predict,
  type RunResult,
  type Schedule,
  saveNetwork,
  sgd,
  stepDecay,
  type TrainHooks,
  trainingStep,
  Updates,
} from './train/index.ts'
export { loadZoo } from './zoo/index.ts'
