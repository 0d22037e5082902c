import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testSurroundings } from '../../../test/cli/surroundings.ts'
import { writeIdx, writePng } from '../../formats/index.ts'
import { runCommandLine } from '../command-line.ts'
import { smallCheckpoint } from '../testing/small-checkpoint.ts'
import { predictCommand } from './predict.ts'

const folder = mkdtempSync(join(tmpdir(), 'spikelet-predict-'))
const [checkpoint, picture, table] = ['a.safetensors', 'a.png', 'a.idx'].map((name) => join(folder, name))
beforeAll(async () => {
  const pixels = Uint8Array.from({ length: 2 * 784 }, (_, i) => (i * 37) % 256)
  writeFileSync(checkpoint, (await smallCheckpoint()).bytes)
  writeFileSync(picture, writePng({ width: 28, height: 28, channels: 1, pixels: pixels.slice(784) }))
  writeFileSync(table, writeIdx([2, 28, 28], pixels))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function predict(...words: string[]) {
  const { surroundings, output, errors } = testSurroundings()
  const all = ['predict', checkpoint, ...words, '--threads', '1']
  const code = await runCommandLine(all, [predictCommand], surroundings)
  return { code, output: output(), errors: errors() }
}

it('says the same of an image, whatever file it comes in', async () => {
  const { code, output, errors } = await predict(picture, table, '--json')
  expect(code, errors).toBe(0)
  const { predictions } = JSON.parse(output)
  const [single, , second] = predictions
  expect(predictions.map((one: { index: unknown }) => one.index)).toEqual([null, 0, 1])
  expect(second.classes).toEqual(single.classes)
  expect(single.classes.length).toBe(10)
  expect(single.classes.reduce((sum: number, { share }: { share: number }) => sum + share, 0)).toBeCloseTo(1)
  expect(single.predicted).toBe(single.classes[0].name)
})

it('numbers the samples of one file, and names those of several', async () => {
  expect((await predict(table, '--top', '1', '--limit', '1')).output).toMatch(/^0\t[a-z-]+[a-z /-]* [\d.]+ %\n$/i)
  const lines = (await predict(table, picture, '--top', '1')).output.trim().split('\n')
  expect(lines.map((line) => line.split('\t')[0])).toEqual([`${table}:0`, `${table}:1`, picture])
})

it('wants a file', async () => {
  expect((await predict()).errors).toContain('no file is given')
})
