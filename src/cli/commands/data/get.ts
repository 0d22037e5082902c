import { join } from 'node:path'
import { counted, sizeText, UsageError } from '../../../base/index.ts'
import { getFiles, type Recipe } from '../../../data/index.ts'
import { createProgress } from '../../progress.ts'
import { exitCodes } from '../../surroundings.ts'
import type { DataAction } from './action.ts'
import { recipeOf } from './recipe-of.ts'

/** Downloads a data set, or says which files to put where. */
export const getData: DataAction = async ({ target, options, surroundings }) => {
  const { name, recipe } = recipeOf(target)
  const folder = options.data ?? join('data', name)
  if (recipe.files.length === 0) {
    throw new UsageError({
      what: `${name} cannot be downloaded without a person`,
      place: folder,
      expected: recipe.byHand ?? '',
      got: 'nothing was downloaded',
      next: `Then run npx spikelet data verify ${name} --data ${folder}`,
    })
  }
  const progress = createProgress(surroundings)
  progress.line(`${name}: licence ${recipe.licence}`)
  try {
    const { files, present } = await getFiles(withSources(recipe, options.from), folder, {
      log: (line) => progress.line(line),
      progress: (label, done, total) => {
        progress.update({ label: `${label}  ${sizeText(done)}`, done, total: total ?? done * 2 })
      },
    })
    progress.clear()
    const news =
      present === files
        ? 'everything was there already'
        : `${files - present} of ${counted(files, 'file')} ${files - present === 1 ? 'is' : 'are'} new`
    surroundings.write(`${name} is in ${folder}: ${news}\n`)
    return exitCodes.done
  } finally {
    progress.clear()
  }
}

/** The recipe with other addresses in place of its own, where there are any. */
function withSources(recipe: Recipe, bases: readonly string[]): Recipe {
  if (bases.length === 0) return recipe
  const files = recipe.files.map((file) => ({
    ...file,
    urls: bases.map((base) => `${base.replace(/\/*$/, '/')}${file.name}`),
  }))
  return { ...recipe, files }
}
