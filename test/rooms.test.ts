import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../src')

/** From bottom to top: each room may import those before it. */
const rooms = [
  'base',
  'equations',
  'neurons',
  'codegen',
  'backends',
  'tensor',
  'autograd',
  'ops',
  'nn',
  'formats',
  'data',
  'models',
  'interop',
  'losses',
  'analysis',
  'deploy',
  'train',
  'zoo',
  'checks',
  'report',
  'hosts',
  'runs',
  'experiments',
  'studio',
  'cli',
  'entries',
]

/** Rooms that may use neither Node nor the DOM; hosts hand them what they need as values. */
const pure = rooms.filter(
  (room) =>
    !['formats', 'data', 'interop', 'experiments', 'report', 'hosts', 'runs', 'studio', 'cli', 'entries'].includes(
      room,
    ),
)

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesUnder(path) : path.endsWith('.ts') ? [path] : []
  })
}

const files = filesUnder(root).map((path) => ({
  path: relative(root, path),
  text: readFileSync(path, 'utf8'),
  test: path.endsWith('.test.ts') || path.includes('/testing/'),
}))

/** Every module that a file imports or exports from, as written. */
function specifiers(text: string): string[] {
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:\n[^'"\n;]*?)*?\bfrom\s+'([^']+)'/g)]
    .map((match) => match[1])
    .concat([...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import '([^']+)'/g)].map((m) => m[1] ?? m[2]))
}

const imports = files
  .filter((file) => !file.test)
  .flatMap(({ path, text }) =>
    specifiers(text)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => ({ from: path, to: relative(root, resolve(root, dirname(path), specifier)) })),
  )

/** Files beside the rooms, what a program imports, count as one room on top. */
const roomOf = (path: string) => (path.includes('/') ? path.split('/')[0] : 'entries')

describe('rooms', () => {
  test('are all known', () => {
    const found = new Set(files.map(({ path }) => roomOf(path)))
    expect([...found].filter((room) => !rooms.includes(room))).toEqual([])
    expect(imports.length).toBeGreaterThan(100)
  })

  test('import only rooms below them', () => {
    const upward = imports.filter(({ from, to }) => {
      const [a, b] = [roomOf(from), roomOf(to)]
      return rooms.indexOf(b) > rooms.indexOf(a)
    })
    expect(upward).toEqual([])
  })

  test('import each other through their index', () => {
    const deep = imports.filter(({ from, to }) => {
      return roomOf(to) !== roomOf(from) && !to.endsWith('/index.ts') && to.includes('/')
    })
    expect(deep).toEqual([])
  })

  test('use neither Node nor the DOM where they promise so', () => {
    const bound = files
      .filter(({ path, test }) => !test && pure.includes(roomOf(path)))
      .filter(
        ({ text }) =>
          specifiers(text).some((s) => s.startsWith('node:')) || /\b(document|globalThis\.window)\./.test(text),
      )
    expect(bound.map(({ path }) => path)).toEqual([])
  })

  test('have no circles among their files', () => {
    expect(
      circleIn(new Map(files.map(({ path }) => [path, imports.filter((i) => i.from === path).map((i) => i.to)]))),
    ).toBe(null)
  })

  test('a circle would be found', () => {
    const circle = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a']],
    ])
    expect(circleIn(circle)).toEqual(['a', 'b', 'c', 'a'])
  })

  test('hold no file of more than 600 lines', () => {
    const long = files.map(({ path, text }) => ({ path, lines: text.split('\n').length })).filter((f) => f.lines > 600)
    expect(long).toEqual([])
  })
})

/** The first circle found, or null. */
function circleIn(graph: Map<string, string[]>): string[] | null {
  const done = new Set<string>()
  const walk = (path: string, way: string[]): string[] | null => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (done.has(path)) return null
    done.add(path)
    for (const next of graph.get(path) ?? []) {
      const found = walk(next, [...way, path])
      if (found) return found
    }
    return null
  }
  for (const path of graph.keys()) {
    const found = walk(path, [])
    if (found) return found
  }
  return null
}
