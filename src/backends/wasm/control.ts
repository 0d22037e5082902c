/** Layout of the first bytes of the shared memory, where the crew takes its orders. Word numbers (4 bytes each). */
export const control = {
  /** Number of the newest order; workers wait for it to change. */
  order: 0,
  command: 1,
  kernel: 2,
  /** Where the bytes of a new kernel stand, and how many. */
  codeAddress: 3,
  codeBytes: 4,
  /** Of machine code `codeAddress` is the low half of the address, this the high one. */
  codeAddressHigh: 5,
  /** How many workers have finished the newest order. */
  done: 16,
  /** Workers that failed. */
  failed: 17,
  /** Next task of the running kernel. */
  task: 32,
} as const

export const commands = { load: 1, run: 2, stop: 3, loadNative: 4 } as const

/** Byte addresses. */
export const taskCounter = 4 * control.task
export const argumentsAddress = 256
export const argumentWords = 192
export const reservedBytes = 1024

/** How often a thread looks before it goes to sleep: long enough to bridge the gap between two kernels. */
export const spins = 30000
