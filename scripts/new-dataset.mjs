// Starts a data set: its file, a test that fails until it is done, and its name in the registry.
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { variableOf } from './new-neuron.mjs'

/** The data set's file, to be filled in. @param {string} name @param {string} variable */
function datasetSource(name, variable) {
  return `import { openFolder, type Place } from '../files.ts'
import { type Datasets, imageDataset } from './dataset.ts'
import type { ImageSet } from './definition.ts'
import { missingFiles } from './missing-files.ts'

const classes = ['zero', 'one']

/**
 * One sentence: what is seen on these images, their size, and how many there are.
 * @param folder where train.bin and test.bin are
 * @throws UsageError if a file is missing; FormatError if one is damaged
 * @see the paper
 */
export async function ${variable}(folder: Place): Promise<Datasets> {
  const place = openFolder(folder)
  const side = async (split: string) => {
    const bytes = await place.read(\`\${split}.bin\`)
    if (!bytes) throw missingFiles('${name}', place, [\`\${split}.bin\`], 2)
    // A label, then the pixels of one image, channels last. A file of another size must be refused: see FormatError.
    const size = 1 + 8 * 8
    const length = Math.floor(bytes.length / size)
    const labels = Array.from({ length }, (_, i) => bytes[i * size])
    const pixels = new Uint8Array(length * (size - 1))
    for (let i = 0; i < length; i++) pixels.set(bytes.subarray(i * size + 1, (i + 1) * size), i * (size - 1))
    return imageDataset({ name: \`${name} \${split}\`, classes, shape: [8, 8, 1], labels, pixels })
  }
  return { name: '${name}', train: await side('train'), test: await side('test'), notes: [] }
}

/** Mean and deviation per channel, of the training pixels in 0..1. */
export const ${variable}Set: ImageSet = {
  kind: 'images',
  about: '',
  classes,
  mean: [0],
  deviation: [0],
  open: ${variable},
  recipe: { files: [], byHand: '', licence: '' },
}
`
}

/** Its test. @param {string} name @param {string} variable */
function testSource(name, variable) {
  return `import { describe, expect, it } from 'vitest'
import type { DataFolder } from '../files.ts'
import { classNamesOf, openDataset } from './registry.ts'
import { ${variable}Set } from './${name}.ts'

/** The smallest files that the reader takes, as their authors write them: name and bytes. */
const files: { readonly [file: string]: Uint8Array } = {}

/** Worked by hand from these files: labels, and the first bytes of the first training sample. */
const worked = { train: [] as number[], test: [] as number[], first: [] as number[] }

const folder: DataFolder = { place: 'memory', read: async (file) => files[file]?.slice() }

describe('${name}', () => {
  it('is told in a line, with its licence and where it comes from', () => {
    const { about, recipe } = ${variable}Set
    expect(about).toMatch(/\\d+x\\d+/)
    expect(recipe?.licence).not.toBe('')
    expect((recipe?.files.length ?? 0) > 0 || recipe?.byHand).toBeTruthy()
  })

  it('has a mean and a deviation for each channel', () => {
    const { mean, deviation } = ${variable}Set
    expect(mean.length).toBe(deviation.length)
    expect([...mean, ...deviation].every((value) => value > 0 && value < 1)).toBe(true)
  })

  it('reads its files', async () => {
    const { train, test } = await openDataset('${name}', folder)
    const labelsOf = (side: typeof train) => Array.from({ length: side.length }, (_, i) => side.label(i))
    expect(worked.train.length).toBeGreaterThanOrEqual(2)
    expect([labelsOf(train), labelsOf(test)]).toEqual([worked.train, worked.test])
    expect(classNamesOf('${name}')).toEqual(train.classes)
    const bytes = new Uint8Array(train.shape.reduce((product, axis) => product * axis, 1))
    train.image(0, bytes)
    expect(worked.first.length).toBeGreaterThanOrEqual(4)
    expect([...bytes.subarray(0, worked.first.length)]).toEqual(worked.first)
  })

  it('refuses files that are missing or cut off, by name', async () => {
    for (const [file, bytes] of Object.entries(files)) {
      const without = { ...folder, read: async (name: string) => (name === file ? undefined : folder.read(name)) }
      await expect(openDataset('${name}', without), file).rejects.toThrow(file)
      const torn = { ...folder, read: async (name: string) => (name === file ? bytes.slice(0, -1) : folder.read(name)) }
      await expect(openDataset('${name}', torn), file).rejects.toThrow(file)
    }
    expect(Object.keys(files).length).toBeGreaterThan(0)
  })
})
`
}

/** The registry with one more data set. @param {string} registry @param {string} name @param {string} variable */
export function registryWith(registry, name, variable) {
  const imported = registry.replace(
    /^(import \{ tinyImagenetSet \}.*)$/m,
    `$1\nimport { ${variable}Set } from './${name}.ts'`,
  )
  const key = /^[a-z][a-z0-9]*$/.test(name) ? name : `'${name}'`
  return imported.replace(/^( {2}'event-folder': eventFolderSet,)$/m, `$1\n  ${key}: ${variable}Set,`)
}

/** @param {string} name @param {string} folder of the data sets */
export async function newDataset(name, folder) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? '')) {
    throw new Error(`a data set's name is lower case with hyphens, such as stl10 or tiny-imagenet; got '${name ?? ''}'`)
  }
  const files = { dataset: join(folder, `${name}.ts`), test: join(folder, `${name}.test.ts`) }
  const taken = await access(files.dataset).then(
    () => true,
    () => false,
  )
  if (taken) throw new Error(`${files.dataset} exists already`)
  const variable = variableOf(name)
  const registry = join(folder, 'registry.ts')
  const changed = registryWith(await readFile(registry, 'utf8'), name, variable)
  if (!changed.includes(`./${name}.ts`) || !changed.includes(`: ${variable}Set,`))
    throw new Error(`${registry} has changed its form: add the data set there by hand`)
  await writeFile(files.dataset, datasetSource(name, variable))
  await writeFile(files.test, testSource(name, variable))
  await writeFile(registry, changed)
  return files
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { dataset, test } = await newDataset(process.argv[2], join('src', 'data', 'datasets'))
    process.stdout.write(`wrote ${dataset} and ${test}; next: CONTRIBUTING.md, "Adding a data set", and npm run fix\n`)
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  }
}
