/** How often a kernel ran, and how long in all. */
export interface KernelTime {
  calls: number
  seconds: number
}
