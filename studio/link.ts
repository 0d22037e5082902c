import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate'

/** What a link may hold, unpacked. */
const mostBytes = 200_000

/** A value as text that an address can hold. */
export function packed(value: unknown): string {
  const bytes = deflateSync(strToU8(JSON.stringify(value)), { level: 9 })
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The value of such a text; undefined where it is none. */
export function unpacked(text: string): unknown {
  try {
    const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(raw, (letter) => letter.charCodeAt(0))
    // The room is given, so that a short text cannot fill the memory.
    const whole = inflateSync(bytes, { out: new Uint8Array(mostBytes) })
    return JSON.parse(strFromU8(whole))
  } catch {
    return undefined
  }
}

/** The value that the address of a page carries: `#/lab?s=...`. */
export function stateOfAddress(hash: string): unknown {
  const text = new URLSearchParams(/\?(.*)$/.exec(hash)?.[1] ?? '').get('s')
  return text === null ? undefined : unpacked(text)
}

/** The address of a page with a value. */
export function addressWith(page: string, value: unknown): string {
  return `#/${page}?s=${packed(value)}`
}
