import { beforeAll, expect, it } from 'vitest'
import { load } from './load.ts'

interface Arguments {
  models: { model: string; batch: number; T: number; threads: number | undefined }[]
  json: boolean
  peer: boolean
  only: string[]
  data: string[]
  rounds: number
}

let readArguments: (words: string[]) => Arguments

beforeAll(async () => {
  readArguments = (await load('arguments.mjs')).readArguments as typeof readArguments
})

it('measures everything where nothing is said', () => {
  const { models, only, json, peer } = readArguments([])
  expect(models.map(({ model, batch, T }) => [model, batch, T])).toEqual([
    ['resnet18', 8, 6],
    ['snn5', 32, 6],
  ])
  expect(only).toEqual(['peak', 'dense', 'models', 'curves', 'network', 'loader', 'scaling', 'stream'])
  expect([json, peer]).toEqual([false, false])
})

it('reads data sets whose loader is measured too', () => {
  const { data, only } = readArguments(['--only', 'loader', '--data', 'cifar10=./c,n-mnist=/n'])
  expect([only, data]).toEqual([['loader'], ['cifar10=./c', 'n-mnist=/n']])
})

it('reads one model', () => {
  const words = '--model resnet18 --batch 4 --T 2 --threads 1 --json'.split(' ')
  const { models, json, only } = readArguments(words)
  expect(models).toEqual([{ model: 'resnet18', batch: 4, T: 2, threads: 1, simd: 'widest' }])
  expect(json).toBe(true)
  expect(only).toEqual(['models'])
})

it.each([
  [['--model', 'resnet81'], 'resnet18'],
  [['--batch', '0'], '--batch out of range'],
  [['--T', '2.5'], "'2.5'"],
  [['--only', 'peak,curvs'], "did you mean 'curves'?"],
  [['--json'], '--json needs --model'],
  [['--data', 'cifra10=./c'], "did you mean 'cifar10'?"],
  [['--data', 'cifar10'], 'NAME=FOLDER'],
  [['--peer', '--model', 'vgg11'], '--peer knows resnet18 and snn5 only'],
  [['--fast'], '--fast'],
  [['--simd', '1024'], 'expected widest, 512, 256, 128'],
])('refuses %o', (words, expected) => {
  expect(() => readArguments(words)).toThrow(expected)
})
