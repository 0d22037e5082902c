import { test } from 'vitest'
import { createWasm } from '../backends/index.ts'
import { metaStepAgrees } from './testing/meta-step.ts'

test('a training step on WebAssembly is the interpreter’s', () => metaStepAgrees(createWasm))
