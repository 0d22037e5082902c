/** What is used of a `WebAssembly.Memory`. Said here, so that a program without the types of pages can be checked. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike
  grow(pages: number): number
}
