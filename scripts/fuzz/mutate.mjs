// Mutations of a file by a seeded stream: the same seed and number, the same bytes.

const extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

/** @typedef {import('../../dist/base/index.js').Random} Random */
/** @typedef {(bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array} Mutation */

/** @type {Record<string, Mutation>} */
const mutations = {
  flipBits(bytes, random) {
    const changed = bytes.slice()
    for (let n = 1 + random.below(8); n > 0; n--) changed[random.below(bytes.length)] ^= 1 << random.below(8)
    return changed
  },
  /** The first bytes hold what decides: sizes, counts, names. */
  flipHeader(bytes, random) {
    const changed = bytes.slice()
    changed[random.below(Math.min(64, bytes.length))] = random.below(256)
    return changed
  },
  truncate: (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  extend: (bytes, random) =>
    join(
      bytes,
      Uint8Array.from({ length: 1 + random.below(64) }, () => random.below(256)),
    ),
  /** A count or size that is huge, or negative, in either byte order. */
  extreme(bytes, random) {
    const changed = bytes.slice()
    const width = [1, 2, 4, 8][random.below(4)]
    const at = random.below(Math.max(1, bytes.length - width))
    const value = extremes[random.below(extremes.length)]
    const little = random.below(2) === 0
    for (let b = 0; b < width && at + b < bytes.length; b++) {
      changed[at + (little ? b : width - 1 - b)] = b < 4 ? (value >>> (8 * b)) & 255 : value > 0x7fffffff ? 255 : 0
    }
    return changed
  },
  deletePart(bytes, random) {
    const at = random.below(bytes.length)
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(32)))
  },
  repeatPart(bytes, random) {
    const at = random.below(bytes.length)
    const part = bytes.subarray(at, at + 1 + random.below(64))
    return join(bytes.subarray(0, at), part, part, bytes.subarray(at))
  },
  splice(bytes, random, other) {
    return join(bytes.subarray(0, random.below(bytes.length)), other.subarray(random.below(other.length)))
  },
  /** Digits of a text become other digits, a minus, or many. */
  digits(bytes, random) {
    const places = [...bytes.keys()].filter((i) => bytes[i] >= 48 && bytes[i] <= 57)
    if (places.length === 0) return mutations.extreme(bytes, random, bytes)
    const at = places[random.below(places.length)]
    const texts = ['-1', '99999999999999999999', '1e308', 'NaN', '0', '4294967296', '']
    return join(
      bytes.subarray(0, at),
      new TextEncoder().encode(texts[random.below(texts.length)]),
      bytes.subarray(at + 1),
    )
  },
}

const all = Object.values(mutations)

/**
 * Mutation number `n` of some samples. The first are the samples themselves.
 * @param {Uint8Array[]} samples @param {number} n @param {Random} random a stream of this number alone
 */
export function mutated(samples, n, random) {
  if (n < samples.length) return samples[n]
  let bytes = samples[random.below(samples.length)]
  for (let times = 1 + random.below(3); times > 0 && bytes.length > 0; times--) {
    bytes = all[random.below(all.length)](bytes, random, samples[random.below(samples.length)])
  }
  return bytes
}

/** @param {...Uint8Array} parts */
function join(...parts) {
  return new Uint8Array(Buffer.concat(parts))
}
