/** Colours of neurons, in the order in which names without one of their own take them. Dark pages have lighter ones. */
const inks = [
  { light: '#2f6f8f', dark: '#7db9d8' },
  { light: '#c2553c', dark: '#ea917b' },
  { light: '#66863a', dark: '#aecb7f' },
  { light: '#84599a', dark: '#c79fdb' },
  { light: '#b5851a', dark: '#e4c26a' },
  { light: '#56657f', dark: '#a9b7cf' },
  { light: '#1f8a7d', dark: '#6fcfc0' },
  { light: '#b0457b', dark: '#ec95c2' },
  { light: '#7d5a3c', dark: '#c9a480' },
  { light: '#4b52a8', dark: '#a1a8f0' },
  { light: '#7c7a2a', dark: '#cfcd6f' },
  { light: '#8c2f39', dark: '#d98b93' },
  { light: '#d9772b', dark: '#f4b173' },
  { light: '#3f8f4f', dark: '#8ad79a' },
  { light: '#4f6d1f', dark: '#c3dd8d' },
  { light: '#a0588f', dark: '#dda8d2' },
  { light: '#16697a', dark: '#8fd0dd' },
  { light: '#8a6d1a', dark: '#dcc47a' },
  { light: '#6b4fa0', dark: '#bba6e8' },
  { light: '#a8563f', dark: '#e2a893' },
  { light: '#2d5f9e', dark: '#8fb9f0' },
  { light: '#b8860b', dark: '#f0d080' },
  { light: '#5b7f2b', dark: '#b7d68a' },
  { light: '#99456b', dark: '#e3a0c0' },
  { light: '#2a7f86', dark: '#86d3da' },
  { light: '#9c4a1a', dark: '#e6ac85' },
  { light: '#5e4b8b', dark: '#b9a9e6' },
  { light: '#3a7d44', dark: '#93d6a0' },
  { light: '#7a3b5e', dark: '#d39cba' },
  { light: '#6e6a1f', dark: '#d0cb72' },
  { light: '#3b6670', dark: '#9cc7d2' },
  { light: '#a33b2f', dark: '#ec9a90' },
] as const

/** Every neuron of the registry has one colour, the same in every picture. */
const ofNeurons: { readonly [neuron: string]: number } = {
  lif: 0,
  clif: 1,
  plif: 2,
  psn: 3,
  alif: 4,
  if: 5,
  klif: 6,
  glif: 7,
  'tc-lif': 8,
  'masked-psn': 9,
  'sliding-psn': 10,
  relu: 11,
  leakyReadout: 12,
  'ar-lif': 13,
  ilif: 14,
  'cuba-lif': 15,
  qif: 16,
  eif: 17,
  izhikevich: 18,
  alpha: 20,
  'i-lif': 21,
  'rp-lif': 22,
  'se-adlif': 23,
  'ts-lif': 24,
  adex: 25,
  'resonate-and-fire': 26,
  liaf: 27,
  'refractory-lif': 28,
  'noisy-lif': 29,
  brf: 30,
  'ternary-lif': 31,
}

/** How many colours there are before they repeat. */
export const colourCount = inks.length

/** What one picture of a single neuron or network tells apart; none of it is the colour of a neuron. */
export const ways = ['var(--way-0)', 'var(--way-1)', 'var(--way-2)', 'var(--way-3)'] as const

/** Colours of the page that stand for no neuron. */
export const plain = { first: ways[0], second: ways[1], quiet: 'var(--quiet)', ink: 'var(--ink)' } as const

const wayInks = {
  light: ['#3d5a80', '#9a6b2f', '#5f7f6b', '#8a5f7a'],
  dark: ['#9db8dc', '#dcb880', '#a9cbb6', '#d6aec7'],
}

/** A number of the palette, or what CSS calls a colour of the page. */
export type Ink = number | `var(--${string})`

/** A colour as CSS has it. */
export function inkOf(colour: Ink): string {
  return typeof colour === 'number' ? `var(--series-${colour % colourCount})` : colour
}

/**
 * One colour a name. A neuron of the registry keeps its own; other names take those that no other name here has.
 * @param names of neurons, such as `clif` or `CLIF`
 * @returns a colour of the palette for each name
 */
export function coloursOf(names: readonly string[]): Map<string, number> {
  const distinct = [...new Set(names)]
  const taken = new Set(distinct.map(ownColour))
  const free = inks.map((_, i) => i).filter((i) => !taken.has(i))
  let next = 0
  return new Map(distinct.map((name) => [name, ownColour(name) ?? (free.length > 0 ? free[next++ % free.length] : 0)]))
}

/** Of a neuron of the registry, as it or a paper spells it: `clif`, `CLIF`. */
function ownColour(name: string): number | undefined {
  const known = [name, name.toLowerCase()].find((one) => Object.hasOwn(ofNeurons, one))
  return known === undefined ? undefined : ofNeurons[known]
}

/** The palette as CSS variables. */
export function paletteStyle(page: 'light' | 'dark'): string {
  const series = inks.map((ink, i) => `--series-${i}:${ink[page]}`)
  return [...series, ...wayInks[page].map((ink, i) => `--way-${i}:${ink}`)].join(';')
}
