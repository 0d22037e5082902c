import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { tinyDatasets, tinyNetwork } from '../train/testing/tiny.ts'
import { nodeTraining } from './node-training.ts'

const parent = mkdtempSync(join(tmpdir(), 'spikelet-'))
afterAll(() => rmSync(parent, { recursive: true }))

const data = tinyDatasets()
const options = { T: 2, epochs: 1, batch: 8, threads: 1, log: () => {} }

test('a run leaves its folder, closes its backend, and the network keeps what it learned', async () => {
  const folder = join(parent, 'run')
  const network = tinyNetwork()
  const result = await nodeTraining.train(network, data, { ...options, run: folder })
  expect(result.place).toBe(folder)
  expect(network.backend).toBeNull()
  expect(readdirSync(join(folder, 'checkpoints')).sort()).toEqual(['best.safetensors', 'last.safetensors'])
  expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toMatchObject({
    backend: { name: 'wasm' },
    T: 2,
  })
  const again = await nodeTraining.evaluate(network, data.test, { T: 2, threads: 1 })
  expect(again.loss).toBe(result.test!.loss)
  expect(again.imagesPerSecond).toBeGreaterThan(0)
})

test('a folder that holds a run is not written over, and a resumed run is named', async () => {
  const folder = join(parent, 'twice')
  const runs = () => (existsSync('runs') ? readdirSync('runs') : [])
  const before = runs()
  await nodeTraining.train(tinyNetwork(), data, { ...options, run: folder })
  const config = readFileSync(join(folder, 'config.json'), 'utf8')
  const second = await nodeTraining.train(tinyNetwork(), data, { ...options, run: folder, seed: 5 })
  expect(second.place).toBe(`${folder}-002`)
  expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe(config)
  await expect(nodeTraining.train(tinyNetwork(), data, { ...options, resume: true })).rejects.toThrow(/which run/)
  expect(runs()).toEqual(before)
})
