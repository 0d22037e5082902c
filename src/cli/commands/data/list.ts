import { aboutDataset, datasetNames, isImageSet, recipes } from '../../../data/index.ts'
import { exitCodes } from '../../surroundings.ts'
import { proseTable } from '../../table.ts'
import type { DataAction } from './action.ts'

/** Names every data set, what it holds, and how it is had. */
export const listData: DataAction = async ({ options, surroundings }) => {
  const rows = datasetNames.map((name) => ({
    name,
    kind: isImageSet(name) ? 'images' : 'events',
    about: aboutDataset(name),
    get: gettingOf(name),
    licence: recipes[name]?.licence ?? '',
  }))
  if (options.json) surroundings.write(`${JSON.stringify(rows)}\n`)
  else {
    const table = rows.map(({ name, kind, about, get }) => [name, kind, get, about])
    surroundings.write(
      `${proseTable(['name', 'kind', 'to get it', 'what it is'], table, surroundings.terminal.columns())}\n`,
    )
  }
  return exitCodes.done
}

function gettingOf(name: string): string {
  if (!Object.hasOwn(recipes, name)) return 'yours'
  return recipes[name].files.length > 0 ? `data get ${name}` : 'by hand'
}
