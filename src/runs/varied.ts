import type { z } from 'zod'
import { suggestion, UsageError } from '../base/index.ts'
import { runSettings, settingNamed } from './run-settings.ts'

/** Options that a sweep varies, and their values. */
export type Varied = { readonly [name: string]: readonly (number | string | boolean)[] }

/** Options that `--vary` leaves to flags of a sweep, and which. */
const flagsOfSweep: { readonly [name: string]: string } = {
  neuron: '--neurons',
  neuronOptions: '--tau',
  T: '--T',
  bptt: '--bptt',
  seed: '--seeds',
}

/** @throws UsageError for what is no option of a training that can be varied, or a value that it cannot have */
export function checkVaried(varied: Varied): void {
  for (const [name, values] of Object.entries(varied)) {
    const row = settingNamed(name)
    if (row === undefined || row.group === 'record') {
      throw new UsageError({
        what: `'${name}' is no option that a sweep can vary`,
        next: suggestion(name, Object.keys(runSettings)) ?? 'spikelet train --help names all options.',
      })
    }
    if (Object.hasOwn(flagsOfSweep, name)) {
      throw new UsageError({ what: `'${name}' has a flag of its own in a sweep`, next: `Use ${flagsOfSweep[name]}.` })
    }
    if (new Set(values.map(String)).size < values.length) {
      throw new UsageError({ what: `values of '${name}' are named twice`, got: values.join(', ') })
    }
    for (const value of values) {
      const { error } = (row.type as z.ZodType).safeParse(value)
      if (!error) continue
      throw new UsageError({
        what: `option '${name}' cannot have this value`,
        expected: error.issues[0].message,
        got: JSON.stringify(value),
      })
    }
  }
}

/** Every combination of one value of each option. */
export function combinations(varied: Varied): { readonly [name: string]: number | string | boolean }[] {
  return Object.entries(varied).reduce<{ [name: string]: number | string | boolean }[]>(
    (found, [name, values]) => found.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  )
}
