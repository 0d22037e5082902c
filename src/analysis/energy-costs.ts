/** Energies of operations in picojoules. */
export interface EnergyCosts {
  /** A 32-bit integer addition, and a multiplication. */
  readonly addition: number
  readonly multiplication: number
  /** A sigmoid, an exponential, a division by a changing number: a table and one multiply-add. */
  readonly function: number
  /** Synaptic operations in 32-bit floating point: an addition, and a multiply-add. */
  readonly accumulate: number
  readonly multiplyAccumulate: number
}

/**
 * 45 nm.
 * @see Horowitz, Computing's energy problem, ISSCC 2014
 */
export const costs45nm: EnergyCosts = {
  addition: 0.1,
  multiplication: 3.1,
  function: 3.2,
  accumulate: 0.9,
  multiplyAccumulate: 4.6,
}

/** Bytes of a number in memory: an int32. */
export const valueBytes = 4

/** Size in bytes and energy of an access in picojoules; linear between. */
const sram = [
  [0, 0],
  [8192, 10],
  [32768, 20],
  [1048576, 100],
] as const

/**
 * Energy of one access to an array in SRAM, by the array's size: a line through 8 kB at 10 pJ, 32 kB at 20 pJ and 1 MB
 * at 100 pJ, which is also what larger ones take.
 * @param bytes size of the array
 * @returns picojoules
 * @see Lemaire et al., An Analytical Estimation of Spiking Neural Networks Energy Efficiency, ICONIP 2022
 */
export function accessEnergy(bytes: number): number {
  for (let i = 1; i < sram.length; i++) {
    const [[from, low], [to, high]] = [sram[i - 1], sram[i]]
    if (bytes <= to) return low + ((bytes - from) * (high - low)) / (to - from)
  }
  return sram[sram.length - 1][1]
}

/**
 * The same line as the script behind the published table has it: without its intercepts, and asked with how often an
 * array is accessed instead of its size.
 */
export function accessEnergyOfScript(count: number): number {
  for (let i = 1; i < sram.length; i++) {
    const [[from, low], [to, high]] = [sram[i - 1], sram[i]]
    if (count <= to) return ((count - from) * (high - low)) / (to - from)
  }
  return sram[sram.length - 1][1]
}
