import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Names that a file exports in lists; `export *` of index.ts is followed. */
function names(file: string): string[] {
  const text = readFileSync(join(root, 'src', file), 'utf8')
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) => list.split(','))
  const constants = [...text.matchAll(/^export (?:const|function|class|interface|type) (\w+)/gm)].map(
    ([, name]) => name,
  )
  const own = lists.map((name) =>
    name
      .trim()
      .replace(/^type /, '')
      .replace(/^.* as /, ''),
  )
  const passedOn = /^export \* from '\.\/index\.ts'/m.test(text) ? names('index.ts') : []
  return [...own.filter((name) => name !== ''), ...constants, ...passedOn].sort()
}

/** A name that is gone breaks programs, and one that is new has to be kept: change the list knowingly. */
test('the package exports the names of test/surface.txt, and no others', async () => {
  expect(`${names('node.ts').join('\n')}\n`).toEqual(readFileSync(join(root, 'test/surface.txt'), 'utf8'))
})

test('the surface is small, and its files list every name that they pass on', async () => {
  expect(names('node.ts').length).toBeLessThanOrEqual(130)
  const values = Object.keys(await import('../src/node.ts'))
  expect(values.filter((name) => !names('node.ts').includes(name))).toEqual([])
})

test('pages find the same names but what only Node has', () => {
  const onlyInNode = ['defaultBackend', 'save']
  const page = names('browser.ts')
  expect(names('node.ts').filter((name) => !page.includes(name) && !onlyInNode.includes(name))).toEqual([])
})
