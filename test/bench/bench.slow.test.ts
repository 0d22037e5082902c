import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const run = (program: string, words: string[]) => spawnSync(program, words, { cwd: root, encoding: 'utf8' })
const hasTorch = run('python3', ['-c', 'import torch']).status === 0

it('prints one line of JSON and nothing else', () => {
  const words = '--model snn5 --batch 2 --T 2 --threads 1 --json'.split(' ')
  const { status, stdout } = run(process.execPath, [join('bench', 'main.mjs'), ...words])
  expect(status).toBe(0)
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  const found = JSON.parse(stdout)
  expect(found).toMatchObject({ model: 'snn5', batch: 2, T: 2, threads: 1 })
  for (const rate of [found.train_firing_rate, found.infer_firing_rate, found.window_rate]) {
    expect(rate).toBeGreaterThan(0)
    expect(rate).toBeLessThan(1)
  }
  for (const field of ['train_images_per_s', 'infer_images_per_s', 'train_peak_mb']) {
    expect(found[field]).toBeGreaterThan(0)
  }
})

it('refuses what it does not know, and says what it knows', () => {
  const { status, stdout, stderr } = run(process.execPath, [join('bench', 'main.mjs'), '--model', 'snn6'])
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain('snn5')
})

/** Both of the peer's neurons on the same input, from the spikes of an incoming gradient back to the input's. */
const agreement = `
import sys, torch
sys.dont_write_bytecode = True
sys.path.insert(0, 'bench')
from peer import MultistepClif, StepwiseClif
torch.manual_seed(3)
T, N, K = 12, 3, 200
x = (torch.rand(T, N, K) * 2.4 - 0.6).requires_grad_()
g = torch.rand(T, N, K) * 2 - 1
step = StepwiseClif()
a = torch.stack([step(x[t]) for t in range(T)])
da, = torch.autograd.grad((a * g).sum(), x)
b = MultistepClif(T)(x.flatten(0, 1)).unflatten(0, (T, N))
db, = torch.autograd.grad((b * g).sum(), x)
assert a.mean() > 0.1 and da.abs().max() > 0.1
assert torch.equal(a, b)
print(float((da - db).abs().max()))
`

describe.skipIf(!hasTorch)('the PyTorch peer (needs python3 with torch)', () => {
  it("has a hand-written backward pass equal to autograd's", () => {
    const { stdout, stderr } = run('python3', ['-c', agreement])
    expect(stderr).not.toContain('Error')
    expect(Number.parseFloat(stdout)).toBeLessThan(1e-5)
  })

  it('prints the fields that are compared', () => {
    const words = '--model snn5 --batch 2 --T 2 --threads 1'.split(' ')
    const { stdout } = run('python3', [join('bench', 'peer.py'), ...words, '--mode', 'multistep'])
    expect(JSON.parse(stdout)).toMatchObject({ model: 'snn5', mode: 'multistep', batch: 2, T: 2, threads: 1 })
    expect(JSON.parse(stdout).train_images_per_s).toBeGreaterThan(0)
    expect(JSON.parse(stdout).train_firing_rate).toBeGreaterThan(0)
  })
})
