import { nearestName } from './nearest.ts'

/**
 * What an error says after a mistyped name: the one that was meant, where one is near, and those that are known.
 * @param known all names
 * @param options `list`: says them too. Default: only the one that was meant
 * @returns undefined where there is nothing to say
 */
export function suggestion(name: string, known: Iterable<string>, { list = false } = {}): string | undefined {
  const names = [...known]
  const near = nearestName(name, names)
  const meant = near === undefined ? [] : [`Did you mean '${near}'?`]
  const all = list && names.length > 0 ? [`Known: ${names.join(', ')}.`] : []
  const text = [...meant, ...all].join(' ')
  return text === '' ? undefined : text
}
