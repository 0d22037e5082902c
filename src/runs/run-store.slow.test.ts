import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openNodeRunStore } from './run-store.ts'

const built = new URL('../../dist/runs/run-store.js', import.meta.url)

/** Writes as fast as it can: lines, and checkpoints of a million equal bytes. */
const writer = (folder: string) => `
  const { openNodeRunStore } = await import(${JSON.stringify(built.href)})
  const store = await openNodeRunStore(${JSON.stringify(folder)}, { mode: 'new', clock: () => 1000 })
  await store.writeConfig({ seed: 1 })
  for (let step = 0; ; step++) {
    await store.append('steps', { step, text: 'x'.repeat(1000) })
    await store.writeCheckpoint('last', new Uint8Array(1e6).fill(step % 251))
    if (step === 5) console.log('under way')
  }`

describe.skipIf(!existsSync(built))('run folder of a killed process (needs the build)', () => {
  test('is whole whenever the kill comes', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'spikelet-'))
    try {
      for (let kill = 0; kill < 8; kill++) {
        const folder = join(parent, `run-${kill}`)
        const child = spawn(process.execPath, ['--input-type=module', '-e', writer(folder)])
        await once(child.stdout, 'data')
        await new Promise((resolve) => setTimeout(resolve, 7 * kill))
        child.kill('SIGKILL')
        await once(child, 'exit')
        const store = await openNodeRunStore(folder, { mode: 'resume', clock: () => 2000 })
        const steps = (await store.lines('steps')).map(({ step }) => step as number)
        expect(steps).toEqual(steps.map((_, i) => i))
        const checkpoint = (await store.readCheckpoint('last'))!
        expect(checkpoint.length).toBe(1e6)
        expect([steps.length - 1, steps.length - 2].map((step) => step % 251)).toContain(checkpoint[0])
        expect(checkpoint.every((byte) => byte === checkpoint[0])).toBe(true)
        await store.append('steps', { step: steps.length })
        expect(readFileSync(join(folder, 'steps.jsonl'), 'utf8').endsWith(`{"step":${steps.length}}\n`)).toBe(true)
      }
    } finally {
      rmSync(parent, { recursive: true })
    }
  })

  test('is opened by one of two, and its checkpoints are whole for whoever reads them meanwhile', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'spikelet-'))
    const folder = join(parent, 'run')
    const two = [0, 1].map(() => spawn(process.execPath, ['--input-type=module', '-e', writer(folder)]))
    try {
      let refused = ''
      for (const one of two) one.stderr.on('data', (bytes) => (refused += bytes))
      const ended = await Promise.race(two.map((one) => once(one, 'exit').then(() => one)))
      expect(refused).toMatch(/another process works on this run|there is a run in this folder already/)
      const writing = two.find((one) => one !== ended)!
      if (!existsSync(join(folder, 'checkpoints', 'last.safetensors'))) await once(writing.stdout, 'data')
      for (let read = 0; read < 10_000; read++) {
        const bytes = readFileSync(join(folder, 'checkpoints', 'last.safetensors'))
        if (bytes.length !== 1e6 || bytes[0] !== bytes[bytes.length - 1]) expect.unreachable(`read ${read} is torn`)
      }
    } finally {
      for (const one of two) one.kill('SIGKILL')
      await Promise.all(two.map((one) => one.exitCode ?? one.signalCode ?? once(one, 'exit')))
      rmSync(parent, { recursive: true })
    }
  })
})
