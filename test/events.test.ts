import { setFlagsFromString } from 'node:v8'
import { createWasm, hasRelaxedSimd } from '../src/backends/wasm/index.ts'
import { nativeCode } from '../src/hosts/node/node-native.ts'
import { describeEvents } from './contract/events.ts'

// Newer hosts know it without being told, and no longer know the flag.
if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd')

describeEvents('wasm', () => createWasm(), 1e-4, 60)
describeEvents('wasm without fused multiply-add', () => createWasm({ relaxedSimd: false }), 1e-4, 20)

for (const vectors of ['avx512', 'avx2'] as const) {
  const native = nativeCode(vectors)
  if (native) describeEvents(`wasm with ${vectors} code`, () => createWasm({ native }), 1e-4, 60)
}
