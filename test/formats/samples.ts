import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'

/** A small file written by another program, with what that program reads from it. */
export interface Sample {
  readonly kind: string
  readonly origin: string
  readonly bytes: Uint8Array
  readonly width?: number
  readonly height?: number
  readonly channels?: number
  readonly pixelsSha256?: string
  readonly firstPixels?: readonly number[]
  readonly times?: readonly (readonly number[])[]
  readonly units?: readonly (readonly number[])[]
}

const stored: Record<string, Omit<Sample, 'bytes'> & { base64?: string; deflated?: string }> = JSON.parse(
  readFileSync(new URL('samples.json', import.meta.url), 'utf8'),
)

/** A sample by name. */
export function sample(name: string): Sample {
  const { base64, deflated, ...rest } = stored[name]
  const bytes = deflated ? inflateSync(Buffer.from(deflated, 'base64')) : Buffer.from(base64 as string, 'base64')
  return { ...rest, bytes: new Uint8Array(bytes) }
}

/** Names of all samples of a kind. */
export function samplesOf(kind: string): string[] {
  return Object.keys(stored).filter((name) => stored[name].kind === kind)
}
