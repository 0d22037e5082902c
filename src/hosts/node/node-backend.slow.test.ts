import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const dist = new URL('../../../dist/', import.meta.url)
const built = new URL('node.js', dist)

const all = (file: string) => `...await import(${JSON.stringify(new URL(file, dist).href)})`

/** Runs a script that finds the package, and what the package keeps to itself, in `spikelet`. */
const run = (script: string, flags: readonly string[] = []) => {
  const names = ['node.js', 'base/index.js', 'backends/index.js', 'hosts/node/node-backend.js'].map(all).join(', ')
  const words = [...flags, '--input-type=module', '-e', `const spikelet = { ${names} }\n${script}`]
  return execFileSync(process.execPath, words, { encoding: 'utf8' }).trim()
}

/** A convolution large enough for every thread to have a share; prints threads and a checksum of the bits. */
const work = `
  const { defaultBackend, hashedUniform } = spikelet
  async function checksum(threads) {
    const backend = await defaultBackend({ threads })
    const x = backend.tensor([1, 4, 16, 16, 32], hashedUniform(4 * 16 * 16 * 32, 1))
    const w = backend.tensor([3, 3, 32, 64], hashedUniform(9 * 32 * 64, 2))
    const y = backend.conv2d(x, w, null, null, { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 })
    const words = new Uint32Array((await backend.read(y)).buffer)
    return { backend, text: backend.info.threads + ':' + words.reduce((sum, word) => (sum * 31 + word) >>> 0, 7) }
  }`

describe.skipIf(!existsSync(built))('threads (needs the build)', () => {
  test('two give the bits of one, and close', () => {
    const lines = run(`${work}
      for (const threads of [1, 2, 3]) {
        const { backend, text } = await checksum(threads)
        await backend.close()
        console.log(text)
      }`).split('\n')
    expect(lines.map((line) => line.split(':')[0])).toEqual(['1', '2', '3'])
    expect(new Set(lines.map((line) => line.split(':')[1])).size).toBe(1)
  })

  test('a backend left open does not keep the process', () => {
    expect(run(`${work}\nconsole.log((await checksum(2)).text.split(':')[0])`)).toBe('2')
  })

  test('importing changes nothing: the flag is set when a backend starts', () => {
    const [before, after] = run(`
      console.log(spikelet.hasRelaxedSimd())
      await spikelet.defaultBackend({ threads: 1 })
      console.log(spikelet.hasRelaxedSimd())`).split('\n')
    expect(after).toBe('true')
    expect(before).toBe(String(Number(process.versions.node.split('.')[0]) >= 21))
  })

  test('a thread that ends ends what waits for it, with an error', () => {
    const [first, second] = run(`
      const { createWasm, hashedUniform, startNodeWorker } = spikelet
      const workers = []
      const startWorker = (...of) => workers[workers.push(startNodeWorker(...of)) - 1]
      const backend = await createWasm({ threads: 2, startWorker })
      const x = backend.tensor([1, 4, 16, 16, 32], hashedUniform(4 * 16 * 16 * 32, 1))
      await workers[0].stop()
      for (const _ of [1, 2]) {
        try {
          backend.add(x, x)
        } catch (error) {
          console.log(error.name, error.message.split('\\n')[0])
        }
      }
      await backend.close()`).split('\n')
    expect([first, second]).toEqual(Array(2).fill('ResourceError a thread of the wasm backend is gone'))
  })

  test.skipIf(!existsSync('/proc/self/task'))('threads of backends that nobody can reach any more end', () => {
    const [open, left] = run(
      `
      import { readdirSync } from 'node:fs'
      const { defaultBackend } = spikelet
      const threads = () => readdirSync('/proc/self/task').length
      await (await defaultBackend({ threads: 2 })).close()
      const before = threads()
      for (let i = 0; i < 4; i++) await defaultBackend({ threads: 2 })
      console.log(threads() - before)
      for (let i = 0; i < 50 && threads() > before; i++) {
        gc()
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      console.log(threads() - before)`,
      ['--expose-gc'],
    ).split('\n')
    expect([Number(open) >= 4, Number(left)]).toEqual([true, 0])
  })
})
