import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { publint } from 'publint'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const program = join(import.meta.dirname, 'outside/own-layer.mts')

describe('the package, from a program outside of it', () => {
  let folder: string

  beforeAll(() => {
    expect(existsSync(join(root, 'dist/node.js')), 'dist/node.js: run `npm run build` first').toBe(true)
    folder = mkdtempSync(join(tmpdir(), 'spikelet-outside-'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules/spikelet'))
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(['Node16', 'Bundler'] as const)(
    'passes the strict check of all its subpaths without the types of pages, resolved as %s',
    (resolution) => {
      const subpaths = ['', '/analysis', '/browser', '/data', '/experiments', '/formats', '/interop', '/ops', '/report']
      const file = join(folder, 'all.mts')
      writeFileSync(file, subpaths.map((path, i) => `export * as s${i} from 'spikelet${path}'\n`).join(''))
      const copy = join(folder, 'own-layer.mts')
      writeFileSync(copy, ts.sys.readFile(program)!)
      const checked = ts.createProgram([file, copy], {
        noEmit: true,
        strict: true,
        skipLibCheck: false,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2022.d.ts'],
        types: [],
        module: resolution === 'Node16' ? ts.ModuleKind.Node16 : ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind[resolution],
      })
      const errors = ts.getPreEmitDiagnostics(checked).map(({ file, messageText }) => {
        return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
      })
      // zod, which `spikelet/experiments` reaches, wants URL from the types of Node or of pages.
      expect(errors.filter((error) => !error.includes('node_modules/zod/'))).toEqual([])
    },
  )

  test('a layer, an operation and a loss of its own train on its own numbers, and come back from a file', () => {
    const copy = join(folder, 'own-layer.mjs')
    writeFileSync(
      copy,
      ts.transpileModule(ts.sys.readFile(program)!, { compilerOptions: { target: 99, module: 99 } }).outputText,
    )
    const text = execFileSync(process.execPath, [copy], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(JSON.parse(text)).toEqual({ learnt: true, sameAfterLoading: true, predicted: 1, gradientOk: true })
  })

  // The language itself: parser, names, gradient, evaluator, and the errors of each.
  test('a page that only defines and evaluates a neuron carries at most 43.5 kB', async () => {
    const contents = "export { defineNeuron, evaluateNeuron } from 'spikelet'"
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: folder },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    })
    expect(outputFiles[0].contents.length).toBeLessThanOrEqual(43_500)
  })

  test('publint finds nothing wrong', async () => {
    expect((await publint({ pkgDir: root, pack: false })).messages).toEqual([])
  })
})
