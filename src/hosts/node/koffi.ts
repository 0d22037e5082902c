/** A library of the system, as the package koffi (optional) opens it. */
export interface KoffiLibrary {
  func(declaration: string): (...args: unknown[]) => unknown
  symbol(name: string, type: string): unknown
}

/** What Spikelet takes of koffi: calls of C functions, by name or by address. */
export interface Koffi {
  load(library: string, options?: { readonly global?: boolean }): KoffiLibrary
  proto(declaration: string): unknown
  decode(address: bigint, type: unknown): (...args: unknown[]) => unknown
  address(value: unknown): bigint
}

/** The package koffi; null where it is not installed, or does not load here. */
export function loadKoffi(): Koffi | null {
  try {
    return process.getBuiltinModule('node:module').createRequire(import.meta.url)('koffi') as Koffi
  } catch {
    return null
  }
}
