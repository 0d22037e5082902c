/** What equations of an own neuron come to: an integrator that fires above a threshold. Names stand for its parameters. */
export interface Integrator {
  /** In steps, `tau`, or the share that stays from step to step, `beta`; null: nothing leaks. */
  readonly leak: { readonly kind: 'tau' | 'beta'; readonly name: string } | null
  readonly decayInput: boolean
  readonly threshold: string
  readonly reset: 'soft' | 'late' | { readonly to: string }
}

const value = '(\\w+|\\d*\\.?\\d+)'

/** Ways to write the charge of a potential u, without blanks: what leaks how, and whether the input decays. */
const charges: readonly (readonly [RegExp, 'tau' | 'beta' | null, boolean])[] = [
  [/^(\w+)=\1\+x$/, null, false],
  [new RegExp(`^(\\w+)=\\(1-1/${value}\\)\\*\\1\\+x$`), 'tau', false],
  [new RegExp(`^(\\w+)=\\(1-1/${value}\\)\\*\\1\\+\\(?x/\\2\\)?$`), 'tau', true],
  [new RegExp(`^(\\w+)=\\1-\\1/${value}\\+x$`), 'tau', false],
  [new RegExp(`^(\\w+)=\\1\\+\\(x-\\1\\)/${value}$`), 'tau', true],
  [new RegExp(`^(\\w+)=${value}\\*\\1\\+x$`), 'beta', false],
]

/**
 * What an own neuron's equations mean, where they are those of an integrate-and-fire neuron under whatever names.
 * @param equations with all markers replaced
 * @returns null for other equations
 */
export function recognised(equations: string): Integrator | null {
  const lines = equations
    .split(/[\n;]/)
    .map((line) => line.replace(/(#|\/\/).*/, '').replace(/\s+/g, ''))
    .map((line) => line.replace(/detach\(s\)/g, 's'))
    .filter((line) => line !== '')
  if (lines.length !== 3) return null
  const isLate = !lines[1].startsWith('s=')
  const [charge, spike, reset] = isLate ? [lines[0], lines[2], lines[1]] : lines
  const form = charges.find(([pattern]) => pattern.test(charge))
  if (!form) return null
  const [pattern, kind, decayInput] = form
  const [, u, name] = pattern.exec(charge)!
  const threshold = new RegExp(`^s=spike\\(${u}-${value}\\)$`).exec(spike)?.[1]
  if (threshold === undefined) return null
  const leak = kind === null ? null : { kind, name }
  const subtracts = [`${u}=${u}-s*${threshold}`, `${u}=${u}-${threshold}*s`].includes(reset)
  if (subtracts) return { leak, decayInput, threshold, reset: isLate ? 'late' : 'soft' }
  const to = isLate ? undefined : resetTo(u, reset)
  return to === undefined ? null : { leak, decayInput, threshold, reset: { to } }
}

/** Where a hard reset goes. */
function resetTo(u: string, line: string): string | undefined {
  const kept = `${u}=(?:${u}\\*\\(1-s\\)|\\(1-s\\)\\*${u})`
  if (new RegExp(`^${kept}$`).test(line)) return '0'
  const found = new RegExp(`^${kept}([+-])(?:s\\*${value}|${value}\\*s)$`).exec(line)
  if (!found) return undefined
  const [, sign, after, before] = found
  return sign === '+' ? (after ?? before) : `-${after ?? before}`
}
