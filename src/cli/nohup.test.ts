import { expect, it } from 'vitest'
import { startedWithNohup } from './nohup.ts'

const facts = (files: { [name: string]: string }) => ({
  read: (file: string) => files[file] ?? '',
  link: (file: string) => files[file] ?? '',
})
const family = {
  '/proc/self/stat': '30 (node (x) y) S 20 30 9 0',
  '/proc/20/stat': '20 (sh) S 10 20 9 0',
  '/proc/10/stat': '10 (bash) S 1 10 9 0',
}

it.each<[string, { [name: string]: string }, { [name: string]: string }, boolean]>([
  ['a plain start', family, { _: '/usr/bin/npx' }, false],
  ['no /proc', {}, {}, false],
  ['a shell that noted it', family, { _: '/usr/bin/nohup' }, true],
  ['its file', { ...family, '/proc/self/fd/1': '/home/a/nohup.out' }, {}, true],
  ['npx under it', { ...family, '/proc/10/environ': 'A=1\0_=/usr/bin/nohup\0B=2' }, { _: '/usr/bin/sh' }, true],
  ['a script under it', { ...family, '/proc/20/status': 'Name: sh\nSigIgn:\t0000000000000005\n' }, {}, true],
  ['a script that ignores something else', { ...family, '/proc/20/status': 'SigIgn:\t0000000000000006\n' }, {}, false],
  [
    'an ancestor of another session',
    { ...family, '/proc/20/stat': '20 (sh) S 10 20 8 0', '/proc/20/environ': '_=nohup' },
    {},
    false,
  ],
])('tells nohup by %s', (_, files, env, expected) => {
  expect(startedWithNohup(facts(files), env)).toBe(expected)
})
