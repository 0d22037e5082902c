import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const source = join(import.meta.dirname, '../src')

/** Lines of every function of a text. */
function lengthsOf(text: string): { name: string; lines: number }[] {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.ES2022, true)
  const found: { name: string; lines: number }[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const [first, last] = [node.getStart(), node.end].map((at) => file.getLineAndCharacterOfPosition(at).line)
      found.push({ name: node.name?.getText() ?? 'a function', lines: last - first + 1 })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

test('no function outside of codegen, whose emitters are tables, has 120 lines or more', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('test.ts') && !path.startsWith('codegen'),
  )
  expect(files.length).toBeGreaterThan(400)
  const long = files.flatMap((path) =>
    lengthsOf(readFileSync(join(source, path), 'utf8'))
      .filter(({ lines }) => lines >= 120)
      .map(({ name, lines }) => `${path}: ${name}, ${lines} lines`),
  )
  expect(long).toEqual([])
})

test('a long function is found', () => {
  expect(lengthsOf(`const one = () => {\n${'  call()\n'.repeat(130)}}`)).toEqual([{ name: 'a function', lines: 132 }])
})
