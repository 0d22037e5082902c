import { test } from 'vitest'
import { clif, iLif, lif } from '../neurons/index.ts'
import { compareStep } from './testing/compare-step.ts'

test.each([
  ['sew-resnet18', clif()],
  ['sew-resnet18-and', lif({ threshold: 0.4 })],
  ['sew-resnet18-iand', lif({ threshold: 0.4 })],
  ['ms-resnet18', lif()],
  ['ms-resnet18', iLif()],
  ['qkformer', lif({ threshold: 0.5 })],
])('a training step of %s: every operation of WebAssembly is that of the interpreter', compareStep)
