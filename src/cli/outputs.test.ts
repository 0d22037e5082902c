import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { outputsTo } from './outputs.ts'

function stream(code?: string) {
  const written: string[] = []
  const writable = new Writable({
    autoDestroy: false,
    write(text, _, done) {
      written.push(String(text))
      done(code === undefined ? null : Object.assign(new Error(`${code}: no`), { code }))
    },
  })
  return { writable, written }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('goes on without a reader that left', async () => {
  const [out, err] = [stream('EPIPE'), stream()]
  const outputs = outputsTo(out.writable, err.writable)
  outputs.write('one')
  await turn()
  outputs.write('two')
  outputs.writeError('three')
  expect([out.written, err.written, outputs.lost()]).toEqual([['one'], ['three'], undefined])
})

it('says what a full disk took', async () => {
  const [out, err] = [stream(), stream('ENOSPC')]
  const outputs = outputsTo(out.writable, err.writable)
  outputs.writeError('one')
  await turn()
  outputs.write('two')
  expect([out.written, outputs.lost()]).toEqual([['two'], 'standard error: ENOSPC: no'])
})
