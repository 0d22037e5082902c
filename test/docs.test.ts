import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commands } from '../src/cli/commands/index.ts'
import { parseWords } from '../src/cli/parse-words.ts'
import { readOptions } from '../src/cli/read-options.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const own = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'examples/README.md']
const pages = await Promise.all(
  [
    ...own,
    ...(await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  ].map(async (page) => ({ page, text: await readFile(join(root, page), 'utf8') })),
)

/** Commands of a page's shell blocks, without their comments; a backslash joins two lines. */
function commandsOf(text: string): string[] {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block]) =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .flatMap((line) => line.replace(/\s+#.*$/, '').split(' && '))
      .map((line) => line.trim())
      .filter(Boolean),
  )
}

/** Words as a shell splits them: quotes keep blanks. */
function wordsOf(line: string): string[] {
  return [...line.replace(/\s[>&|].*$/, '').matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  )
}

/** What is wrong with a command line of the docs; undefined where it is one. */
function faultOf(line: string): string | undefined {
  const [, rest] = /(?:npx spikelet|npm run (?:--silent )?spikelet --) (.*)$/.exec(line) ?? []
  if (rest === undefined) return undefined
  try {
    const { command, flags, help } = parseWords(wordsOf(rest), commands)
    if (!command) return help ? undefined : `${line}: no such command`
    readOptions(command, flags)
    return undefined
  } catch (error) {
    return `${line}: ${error}`
  }
}

test('every command in the docs is one that Spikelet follows', () => {
  const lines = pages.flatMap(({ text }) => commandsOf(text))
  expect(lines.length).toBeGreaterThan(30)
  expect(lines.flatMap((line) => faultOf(line) ?? [])).toEqual([])
  expect(faultOf('npx spikelet train fashion-mnist --nueron clif')).toContain('nueron')
  expect(faultOf('npx spikelet trian fashion-mnist')).toContain('trian')
})

test('every script that the docs name is there', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const named = pages.flatMap(({ text }) =>
    [...text.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name]) => name),
  )
  expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([])
})

test('every link inside the repository leads somewhere', () => {
  const broken = pages.flatMap(({ page, text }) =>
    [...text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(resolve(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  )
  expect(broken).toEqual([])
})

test('prose stays within 120 columns', () => {
  const long = pages.flatMap(({ page, text }) =>
    text
      .replaceAll(/^```.*?^```$/gms, '')
      .split('\n')
      .filter((line) => line.length > 120 && !line.startsWith('|') && !/^\S+$|^!?\[|^`/.test(line))
      .map((line) => `${page}: ${line.slice(0, 60)}`),
  )
  expect(long).toEqual([])
})
