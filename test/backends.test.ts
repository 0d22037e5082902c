import { createInterpreter } from '../src/backends/index.ts'
import { createWasm } from '../src/backends/wasm/index.ts'
import { nativeCode } from '../src/node-native.ts'
import { describeBackend } from './backend-contract.ts'

describeBackend('interpreter', async () => createInterpreter(), 1e-12)
describeBackend('wasm', () => createWasm(), 1e-5)

const native = nativeCode()
if (native) describeBackend('wasm with machine code', () => createWasm({ native }), 1e-5)
