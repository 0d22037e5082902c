/**
 * Counter-based random numbers: value i of stream `key` depends on (key, i) alone, so every backend, thread and
 * resumed run draws the same numbers. The mixer is murmur3's finaliser; `hashedUniform` is also how the reference
 * values under test were filled.
 */
export function hash32(index: number, key: number): number {
  let h = (Math.imul(index, 2654435761) + Math.imul(key, 2246822519)) >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** n numbers in [0, 1). */
export function hashedUniform(n: number, key: number): Float64Array {
  const values = new Float64Array(n)
  for (let i = 0; i < n; i++) values[i] = hash32(i, key) / 4294967296
  return values
}

/** A seeded stream of random numbers. Its whole state is one counter, so that a checkpoint can hold it. */
export class Random {
  private readonly key: number
  position: number

  constructor(key: number, position = 0) {
    this.key = key >>> 0
    this.position = position
  }

  /** An independent stream, named by a number or text: `random.fork('dropout')`. */
  fork(name: number | string): Random {
    let key = this.key
    if (typeof name === 'number') key = hash32(name, key ^ 0x9e3779b9)
    else for (let i = 0; i < name.length; i++) key = hash32(name.charCodeAt(i), key ^ 0x85ebca77)
    return new Random(key)
  }

  /** 32 random bits. Two rounds, since one round of neighbouring keys is correlated. */
  bits(): number {
    const i = this.position++
    return hash32(hash32(i, this.key), (this.key ^ 0x27d4eb2f) >>> 0)
  }

  /** In [0, 1). */
  uniform(): number {
    return this.bits() / 4294967296
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n)
  }

  /** Standard normal (Box-Muller, one of the pair). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** The numbers 0..n-1 in random order (Fisher-Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const kept = order[i]
      order[i] = order[j]
      order[j] = kept
    }
    return order
  }
}
