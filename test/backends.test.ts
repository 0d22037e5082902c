import { createInterpreter } from '../src/backends/index.ts'
import { createWasm } from '../src/backends/wasm/index.ts'
import { nativeCode } from '../src/hosts/node/node-native.ts'
import { describeBackend } from './backend-contract.ts'

describeBackend('interpreter', async () => createInterpreter(), 1e-12)
describeBackend('wasm', () => createWasm(), 1e-5)

// Each kind of machine code that this processor has; npm run bench names it.
for (const vectors of ['avx512', 'avx2'] as const) {
  const native = nativeCode(vectors)
  if (native) describeBackend(`wasm with ${vectors} code`, () => createWasm({ native }), 1e-5)
}
