import { test } from 'vitest'
import { lif } from '../neurons/index.ts'
import { compareStep } from './testing/compare-step.ts'

/** The other published models are in the long suite. */
test.each([['spikformer', lif()]])(
  'a training step of %s: every operation of WebAssembly is that of the interpreter',
  compareStep,
)
