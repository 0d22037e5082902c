import { suggestion, UsageError } from '../../../base/index.ts'
import { type Recipe, recipes } from '../../../data/index.ts'

/** A data set that has a home on the web. @throws UsageError if it is missing or has none */
export function recipeOf(name: string | undefined): { name: string; recipe: Recipe } {
  const known = Object.keys(recipes)
  if (name !== undefined && Object.hasOwn(recipes, name)) return { name, recipe: recipes[name] }
  throw new UsageError({
    what: name === undefined ? 'the data set is missing' : `unknown data set '${name}'`,
    expected: known.join(', '),
    next: name === undefined ? undefined : suggestion(name, known),
  })
}
