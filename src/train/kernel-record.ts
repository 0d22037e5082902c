import { type Backend, isKernelChoice, type KernelChoice } from '../backends/index.ts'
import { FormatError, parseJson } from '../base/index.ts'

/** What decides the order of a run's sums beside its settings: the host's features, and the kernels that layers took. */
export interface KernelRecord {
  readonly features: readonly string[]
  readonly choices: readonly KernelChoice[]
}

export function kernelsNow({ info, kernelChoices }: Backend): KernelRecord {
  return { features: [info.name, ...info.features], choices: kernelChoices() }
}

/** @param file the name that errors show @throws FormatError if the text is not such a record */
export function kernelRecord(text: string, file: string): KernelRecord {
  try {
    const { features, choices } = parseJson(text, file) as KernelRecord
    const whole = features.every((f) => typeof f === 'string') && choices.every(isKernelChoice)
    if (whole) return { features, choices }
  } catch (cause) {
    throw new FormatError({ what: 'not a record of kernels', place: file, cause })
  }
  throw new FormatError({
    what: 'not a record of kernels',
    place: file,
    expected: '"features", and "choices" with tiles that kernels can take',
  })
}

function kernelName({ pass, layer, kernels, tile }: KernelChoice): string {
  return `${pass} of ${layer}: ${kernels}${kernels === 'events' && tile ? ` by ${tile}` : ''}`
}

/** Why a run that goes on may get other bits than one that never stopped; null where it will not. */
export function kernelWarning(before: KernelRecord, now: KernelRecord): string | null {
  const other = (a: readonly string[], b: readonly string[]) => a.join() !== b.join()
  if (other(before.features, now.features)) {
    return `trained on ${before.features.join(', ')} so far, now on ${now.features.join(', ')}: bits may differ`
  }
  const names = ({ choices }: KernelRecord) => choices.map(kernelName)
  const kept = new Set(names(now))
  const changed = names(before).find((name) => !kept.has(name))
  return changed ? `${changed} before, and not now: bits may differ` : null
}
