import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createWasm } from '../../src/backends/wasm/index.ts'
import { checkGolden } from '../../src/checks/golden/index.ts'
import { readSafetensors } from '../../src/interop/index.ts'

for (const name of ['resnet18-clif', 'vgg11-clif'])
  test(`${name} against PyTorch, and wasm against the interpreter`, async () => {
    const path = new URL(`./networks/network-${name}-f64.safetensors`, import.meta.url)
    const result = await checkGolden(name, readSafetensors(new Uint8Array(readFileSync(path)), name), createWasm)
    expect(result.line).toMatch(/^ok .*wrong 0$/)
  })
