export interface SampleEvent {
  readonly t: number
  readonly x: number
  readonly y: number
  readonly p: number
}

type Events = readonly SampleEvent[]

export function evt2(events: Events, header?: string): Uint8Array
export function evt21(events: Events, header?: string, legacy?: boolean): Uint8Array
export function evt3(events: Events, header?: string): Uint8Array
export function dat(events: Events, version?: number): Uint8Array
export function aedat4(events: Events, compression?: 'none' | 'lz4' | 'zstd'): Uint8Array
export function lz4(bytes: Uint8Array): Uint8Array
export function zstd(bytes: Uint8Array): Uint8Array
export function mat5(name: string, shape: readonly number[], values: Float64Array, compressed?: boolean): Uint8Array
export function tactile(events: Events): Uint8Array
export function signLanguage(events: Events): Uint8Array
export function hdf5Events(events: Events): Promise<[dsec: Uint8Array, v2e: Uint8Array]>
