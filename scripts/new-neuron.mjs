// Starts a neuron: its file, a test that fails until it is done, and its name in the registry.
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The neuron's file, to be filled in. @param {string} variable */
function neuronSource(variable) {
  return `import { publishedNeuron } from '../equations/index.ts'

/** One sentence: what this neuron adds to LIF. */
export const ${variable} = publishedNeuron({
  name: '${variable}',
  paper: '',
  constants: { tau: 2, threshold: 1 },
  equations: \`
    u = (1 - 1/tau) * u + input(x / tau)
    s = spike(u - threshold)
    reset(u)\`,
})
`
}

/** Its test. @param {string} name @param {string} variable */
function testSource(name, variable) {
  return `import { describe, expect, it } from 'vitest'
import { evaluate, evaluateGradient } from '../equations/index.ts'
import { lif } from './lif.ts'
import { ${variable} } from './${name}.ts'

/** Worked by hand, or by the authors' code: input, spikes, and u after each step. */
const worked: { x: number[]; s: number[]; u: number[] } = { x: [], s: [], u: [] }

describe('${variable}', () => {
  it('has equations of its own', () => {
    expect(${variable}().equations).not.toBe(lif().equations)
  })

  it('names its paper', () => {
    expect(${variable}().paper).toMatch(/\\d{4}/)
  })

  it('agrees with the worked example', () => {
    const T = worked.x.length
    expect(T).toBeGreaterThanOrEqual(4)
    expect(new Set(worked.s)).toEqual(new Set([0, 1]))
    const { s, observed } = evaluate(${variable}(), worked.x, { T })
    expect([...s]).toEqual(worked.s)
    worked.u.forEach((value, t) => expect(observed.u[t]).toBeCloseTo(value, 10))
    expect(worked.u).toHaveLength(T)
  })

  it('has the gradient of its own equations', () => {
    // With a sigmoid for the spike in both passes the network of steps is smooth: finite differences must agree.
    const neuron = ${variable}({ surrogate: 'sigmoid', alpha: 4 })
    const spike = (v: number) => 1 / (1 + Math.exp(-4 * v))
    const x = [0.3, 0.9, -0.2, 1.4, 0.6]
    const T = x.length
    const sum = (input: number[]) => evaluate(neuron, input, { T, spike }).s.reduce((total, s, t) => total + (t + 1) * s, 0)
    const { input } = evaluateGradient(neuron, x, [1, 2, 3, 4, 5], { T, spike })
    const h = 1e-6
    x.forEach((_, t) => {
      const moved = (by: number) => x.map((value, i) => (i === t ? value + by : value))
      expect(input[t]).toBeCloseTo((sum(moved(h)) - sum(moved(-h))) / (2 * h), 6)
    })
  })
})
`
}

/** @param {string} name kebab-case @returns camelCase */
export function variableOf(name) {
  return name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase())
}

/** The index with one more export. @param {string} index @param {string} name @param {string} variable */
export function indexWith(index, name, variable) {
  return `${index.trimEnd()}\nexport { ${variable} } from './${name}.ts'\n`
}

/** The registry with one more neuron. @param {string} registry @param {string} name @param {string} variable */
export function registryWith(registry, name, variable) {
  const imported = registry.replace(/^(import \{ relu \}.*)$/m, `$1\nimport { ${variable} } from './${name}.ts'`)
  return imported.replace(/^( {2}leakyReadout,)$/m, `$1\n  ${variable},`)
}

/** @param {string} name @param {string} folder of the neurons */
export async function newNeuron(name, folder) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? '')) {
    throw new Error(`a neuron's name is lower case with hyphens, such as adex or tc-lif; got '${name ?? ''}'`)
  }
  const files = { neuron: join(folder, `${name}.ts`), test: join(folder, `${name}.test.ts`) }
  const taken = await access(files.neuron).then(
    () => true,
    () => false,
  )
  if (taken) throw new Error(`${files.neuron} exists already`)
  const variable = variableOf(name)
  const [index, registry] = [join(folder, 'index.ts'), join(folder, 'registry.ts')]
  const changed = registryWith(await readFile(registry, 'utf8'), name, variable)
  if (!changed.includes(`./${name}.ts`))
    throw new Error(`${registry} has changed its form: add the neuron there by hand`)
  await writeFile(files.neuron, neuronSource(variable))
  await writeFile(files.test, testSource(name, variable))
  await writeFile(index, indexWith(await readFile(index, 'utf8'), name, variable))
  await writeFile(registry, changed)
  return files
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { neuron, test } = await newNeuron(process.argv[2], join('src', 'neurons'))
    process.stdout.write(`wrote ${neuron} and ${test}; next: docs/adding-a-neuron.md, and npm run fix\n`)
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  }
}
