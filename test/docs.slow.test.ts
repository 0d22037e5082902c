import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))

interface Snippet {
  name: string
  code: string
}

/** The whole programs of a page: its TypeScript blocks that import something. */
async function snippetsOf(page: string): Promise<Snippet[]> {
  const text = await readFile(join(root, page), 'utf8')
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap(([block, code]) => {
    const line = text.slice(0, text.indexOf(block)).split('\n').length
    return /^import /m.test(code) ? [{ name: `${page} line ${line}`, code }] : []
  })
}

const chapters = ['docs/deploy.md', 'docs/your-own-data.md', 'docs/your-own-training-loop.md', 'docs/coming-from.md']

it('the snippets of the pages fit the library, and one that does not is noticed', async () => {
  const pages = ['README.md', 'docs/tour.md', 'docs/laboratory.md', 'docs/other-programs.md', ...chapters]
  const snippets = await Promise.all(pages.map(snippetsOf))
  for (const [i, page] of pages.entries()) expect(snippets[i].length, page).toBeGreaterThanOrEqual(1)
  const wrong = { name: 'wrong', code: "import { clif, noSuchThing } from 'spikelet'\nclif({ tua: 2 })\n" }
  const errors = typeErrors([...snippets.flat(), wrong])
  expect(errors.filter((error) => !error.startsWith('wrong: '))).toEqual([])
  const found = errors.join('\n')
  expect(found).toContain('noSuchThing')
  expect(found).toContain('tua')
})

/** What the compiler says of programs against the sources. */
function typeErrors(snippets: readonly Snippet[]): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const files = new Map(snippets.map(({ code }, i) => [join(root, `test/snippet-${i}.mts`), code]))
  const names = new Map(snippets.map(({ name }, i) => [join(root, `test/snippet-${i}.mts`), name]))
  const given: ts.CompilerOptions = {
    ...options,
    noUnusedLocals: false,
    paths: {
      spikelet: [join(root, 'src/node.ts')],
      'spikelet/browser': [join(root, 'src/browser.ts')],
      'spikelet/runtime': [join(root, 'src/deploy/runtime.ts')],
      'spikelet/*': [join(root, 'src/*/index.ts')],
    },
    noEmit: true,
  }
  const host = ts.createCompilerHost(given)
  const { fileExists, readFile: read, getSourceFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path) ?? read(path)
  host.getSourceFile = (path, version, ...rest) => {
    const code = files.get(path)
    return code === undefined ? getSourceFile(path, version, ...rest) : ts.createSourceFile(path, code, version)
  }
  const program = ts.createProgram([...files.keys()], given, host)
  return [...files.keys()].flatMap((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => `${names.get(path)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  )
}

describe('docs/tour.md', () => {
  let folder: string

  beforeAll(async () => {
    expect(existsSync(join(root, 'dist/node.js')), 'dist/node.js: run `npm run build` first').toBe(true)
    folder = await mkdtemp(join(tmpdir(), 'spikelet-tour-'))
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('runs from its first program to its last, in order', async () => {
    const outputs: string[] = []
    for (const [i, { name, code }] of (await snippetsOf('docs/tour.md')).entries()) {
      const file = join(folder, `tour-${i}.mjs`)
      await writeFile(file, programOf(code))
      const { output, errors, exit } = await run(file, folder)
      expect(exit, `${name}\n${errors}`).toBe(0)
      outputs.push(output)
    }
    const [neuron, own, mistake, trained, loaded, stream] = outputs
    expect(neuron).toContain('spikes      [ 0, 0, 1, 0, 1 ]')
    expect(own.trim().split('\n')).toHaveLength(3)
    expect(mistake).toContain("did you mean 'tau'?")
    const [, accuracy] = /test accuracy ([\d.]+)/.exec(trained) as RegExpExecArray
    expect(Number(accuracy)).toBeGreaterThan(0.7)
    expect(loaded).toContain(accuracy)
    expect(stream.trim().split('\n')).toHaveLength(3)
  })
})

it('the programs of the chapters run, side by side', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spikelet-chapters-'))
  try {
    const snippets = (await Promise.all(chapters.map(snippetsOf))).flat()
    const ran = await Promise.all(
      snippets.map(async ({ name, code }, i) => {
        const file = join(folder, `chapter-${i}.mjs`)
        await writeFile(file, programOf(code))
        return { name, ...(await run(file, folder)) }
      }),
    )
    for (const { name, exit, errors, output } of ran) {
      expect(exit, `${name}\n${errors}`).toBe(0)
      expect(output, name).not.toBe('')
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

it('docs/laboratory.md: its programs run, and leave their pictures', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spikelet-laboratory-'))
  try {
    for (const [i, { code }] of (await snippetsOf('docs/laboratory.md')).entries()) {
      const file = join(folder, `laboratory-${i}.mjs`)
      await writeFile(file, programOf(code))
      const { exit, errors } = await run(file, folder)
      expect(exit, errors).toBe(0)
    }
    for (const picture of ['gradients.svg', 'layers.svg'])
      expect(await readFile(join(folder, picture), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** A snippet as a program that runs anywhere. */
function programOf(code: string): string {
  const built = (file: string) => `'${new URL(`../dist/${file}`, import.meta.url).href}'`
  return ts
    .transpile(code, { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext })
    .replaceAll("'spikelet'", built('node.js'))
    .replaceAll("'spikelet/runtime'", built('deploy/runtime.js'))
    .replaceAll(/'spikelet\/(\w+)'/g, (_, room) => built(`${room}/index.js`))
}

function run(file: string, cwd: string): Promise<{ exit: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, [file], { cwd })
  const seen = { output: '', errors: '' }
  child.stdout.on('data', (text) => {
    seen.output += text
  })
  child.stderr.on('data', (text) => {
    seen.errors += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit) => resolve({ exit, ...seen }))
  })
}
