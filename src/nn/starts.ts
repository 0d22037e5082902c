import type { Random } from '../base/index.ts'

/** PyTorch's default for weights and biases: uniform in +-1 / sqrt(fan-in). */
export function uniformStart(size: number, fanIn: number): (random: Random) => Float64Array {
  const bound = 1 / Math.sqrt(fanIn)
  return (random) => {
    const values = new Float64Array(size)
    for (let i = 0; i < size; i++) values[i] = (2 * random.uniform() - 1) * bound
    return values
  }
}

export function constantStart(size: number, value: number): () => Float64Array {
  return () => new Float64Array(size).fill(value)
}
