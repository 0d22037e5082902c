/** What is used of a `GPUAdapter`. Said here, so that a program without the types of WebGPU can be checked. */
export interface GpuAdapter {
  readonly features: { has(name: string): boolean }
  readonly limits: object
  readonly info: GpuInfo
  requestDevice(descriptor?: object): Promise<object>
}

/** What an adapter says of itself, as in `GPUAdapterInfo`. */
export interface GpuInfo {
  readonly vendor: string
  readonly architecture: string
  readonly description: string
}
