// Weights from PyTorch: read a file of torch.save (or safetensors), and fill a network with it.
// node examples/pytorch-weights.mjs [weights.pth]; without a file, it first writes one that PyTorch could have written.
import { readFile, writeFile } from 'node:fs/promises'
import { clif, fillNetwork, ownNames, readPytorch, snn3, torchTensors, writeSafetensors } from 'spikelet'
import { readSafetensors } from 'spikelet/interop'

const shape = { input: [28, 28, 1], classes: 10, neuron: clif() }
const given = process.argv[2]
const file = given ?? 'weights.safetensors'
if (!given) await writeFile(file, writeSafetensors(torchTensors(snn3({ ...shape, seed: 7 }), 'spikelet')))

const bytes = await readFile(file)
const { tensors } = file.endsWith('.safetensors') ? readSafetensors(bytes, file) : await readPytorch(bytes, file)
const net = snn3(shape)
fillNetwork(net, { tensors: ownNames(net, tensors, file).tensors, metadata: {} }, file)
console.log(`${net.name} has the ${net.parameters().length} tensors of ${file}`)
