import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createInterpreter } from '../../src/backends/index.ts'
import { hashedUniform } from '../../src/base/index.ts'
import { ownNames, readPytorch, torchTensors, writeSafetensors } from '../../src/interop/index.ts'
import { modelNamed } from '../../src/models/index.ts'
import { neuronFromConfig } from '../../src/neurons/index.ts'
import type { Network } from '../../src/nn/index.ts'
import { tensorOf } from '../../src/tensor/index.ts'
import { fillNetwork } from '../../src/train/index.ts'

const peer = new URL('../../../shared/peer/', import.meta.url)

function hasTorch(): boolean {
  try {
    execFileSync('python3', ['-c', 'import torch, numpy'], { stdio: 'ignore', timeout: 60_000 })
    return true
  } catch {
    return false
  }
}

/** Loads a safetensors file into the peer's network, strictly, and saves its logits and, as a checkpoint, its state dict. */
const script = `
import json, struct, sys
import numpy as np, torch
sys.path.insert(0, sys.argv[1])
import torch_snn as peer
model, neuron, T, folder = sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
raw = open(folder + '/weights.safetensors', 'rb').read()
size = struct.unpack('<Q', raw[:8])[0]
header = json.loads(raw[8:8 + size])
types = {'F32': np.float32, 'I64': np.int64}
state = {}
for name, entry in header.items():
    if name == '__metadata__': continue
    begin, end = entry['data_offsets']
    values = np.frombuffer(raw[8 + size + begin:8 + size + end], types[entry['dtype']])
    state[name] = torch.from_numpy(values.copy()).reshape(entry['shape'])
net = peer.build(model, lambda: peer.NEURONS[neuron]())
net.load_state_dict(state, strict=True)
net = net.double().eval()
x = torch.from_numpy(peer.hashed_uniform(2 * 3 * 32 * 32, 300).reshape(2, 3, 32, 32) * 4 - 2)
with torch.no_grad():
    logits = torch.stack([net(x) for _ in range(T)])
open(folder + '/logits.json', 'w').write(json.dumps(logits.flatten().tolist()))
torch.save({'net': net.float().state_dict(), 'epoch': 1}, folder + '/checkpoint.pth')
`

describe.skipIf(!existsSync(peer) || !hasTorch())('PyTorch (needs python3 with torch, and ../shared/peer)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-torch-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const build = (model: string, neuron: string) =>
    modelNamed(model)({ input: [32, 32, 3], classes: 10, neuron: neuronFromConfig({ neuron, options: {} }) })

  /** Logits of the peer's input, which is laid out [N, C, H, W]. */
  async function logitsOf(network: Network, T: number): Promise<number[]> {
    const backend = createInterpreter()
    await network.place(backend)
    const outside = hashedUniform(2 * 3 * 32 * 32, 300)
    const x = Float64Array.from({ length: outside.length }, (_, i) => {
      const [n, pixel, c] = [Math.floor(i / 3072), Math.floor(i / 3) % 1024, i % 3]
      return outside[(n * 3 + c) * 1024 + pixel] * 4 - 2
    })
    const input = tensorOf(backend, [1, 2, 32, 32, 3], x)
    const y = network.forward(input, { backend, tape: null, training: false, T, key: 0 })
    return Array.from(await backend.read(y.handle))
  }

  test.each([
    ['snn5', 'clif', 3],
    ['snn5', 'plif', 3],
    ['vgg11', 'lif', 2],
    ['resnet18', 'clif', 1],
  ])(
    '%s of %s neurons: the peer loads what was written, its logits are equal, and its checkpoint comes back',
    async (model, neuron, T) => {
      const network = build(model, neuron)
      for (const [key, p] of [...network.parameters(), ...network.buffers()].entries()) {
        const change = hashedUniform(p.values.length, key + 1)
        p.set(p.values.map((value, i) => Math.fround(p.shape.length === 1 ? value + 0.3 * change[i] : 3 * value)))
      }
      writeFileSync(join(folder, 'weights.safetensors'), writeSafetensors(torchTensors(network, 'spikelet')))
      execFileSync('python3', ['-c', script, peer.pathname, model, neuron, String(T), folder], {
        stdio: 'pipe',
        timeout: 120_000,
      })
      const theirs: number[] = JSON.parse(readFileSync(join(folder, 'logits.json'), 'utf8'))
      const ours = await logitsOf(network, T)
      expect(new Set(ours).size).toBeGreaterThan(10)
      theirs.forEach((value, i) => {
        expect(Math.abs(value - ours[i])).toBeLessThan(1e-9 * Math.max(1, Math.abs(value)))
      })
      const file = 'checkpoint.pth'
      const { tensors } = await readPytorch(readFileSync(join(folder, file)), file)
      const again = build(model, neuron)
      fillNetwork(again, { tensors: ownNames(again, tensors, file).tensors, metadata: {} }, file)
      for (const p of network.parameters()) {
        const values = again.parameter(p.path).values
        expect(p.values.every((value, i) => value === values[i])).toBe(true)
      }
    },
    180_000,
  )
})
