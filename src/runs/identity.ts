import { type SettingName, settingNamed, standardOf, type TrainingOptions } from './run-settings.ts'

/** A run's options, or some of them, as files hold them. */
type Options = { readonly [name: string]: unknown }

/** Options of a run that decide its numbers. Two runs of one data set that agree in these are the same run. */
export function decidingOptions(options: Partial<TrainingOptions>): Options {
  return Object.fromEntries(
    Object.entries(options as Options)
      .filter(([name, value]) => value !== undefined && settingNamed(name)?.decides === 'numbers')
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** @returns the first option in which two runs differ in what decides their numbers; undefined where they are the same */
export function differingOption(before: Partial<TrainingOptions>, now: Partial<TrainingOptions>): string | undefined {
  const [one, other] = [decidingOptions(before), decidingOptions(now)]
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].find(
    (name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  )
}

/**
 * Whether an option may have another value when a run goes on: where it computes, where its files are, and a larger number
 * of epochs.
 */
export function mayChange(name: string, before: unknown, now: unknown): boolean {
  if (JSON.stringify(before) === JSON.stringify(now)) return true
  if (name === 'epochs') return (now as number) > (before as number)
  return settingNamed(name)?.decides !== 'numbers'
}

/** Backends and vectors do not decide what a run gives, but version 0.1 had them in the hash of its folders. */
const hashedBy01: readonly string[] = ['backend', 'simd'] satisfies SettingName[]

/**
 * What `reproduce` makes the name of a run's folder of. Folders of version 0.1 keep theirs: an option that it did not know
 * counts only where it is not as by default. The neuron is told by its definition, not by its name.
 */
export function hashedOptions(options: TrainingOptions): Options {
  const kept = Object.entries(options as Options).filter(([name, value]) => {
    const row = settingNamed(name)
    if (!row || name === 'neuron') return false
    if (row.decides !== 'numbers' && !hashedBy01.includes(name)) return false
    return !row.isNew || JSON.stringify(value) !== JSON.stringify(standardOf(row))
  })
  return Object.fromEntries(kept.map(([name, value]) => [name, spelledBy01(name, value)]))
}

/** Version 0.1 had other words for some values in the hash. */
function spelledBy01(name: string, value: unknown): unknown {
  const old = Object.entries(settingNamed(name)?.renamed ?? {}).find(([, now]) => now === value)
  return old ? old[0] : value
}
