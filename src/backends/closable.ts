import { UsageError } from '../base/index.ts'
import type { Backend } from './backend.ts'

/** Calls that answer with a promise: theirs fails, the call itself does not. */
const promising: ReadonlySet<string> = new Set(['read', 'readBytes', 'finish'])

/** Backends of this module that nobody can reach any more, and how each is closed. */
const abandoned = new FinalizationRegistry((close: () => Promise<void>) => void close().catch(() => {}))

/**
 * A backend whose calls say so once it is closed; without it they would wait for threads that are gone, or read memory
 * that is not theirs. Closing twice is closing once. One that is left to the garbage collector is closed by it.
 */
export function closable<Kind extends Backend>(backend: Kind): Kind {
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= backend.close()
    return closing
  }
  const members = Object.entries(backend).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member]
    return [
      name,
      (...args: unknown[]) => {
        if (!closing) return member(...args)
        if (promising.has(name)) return Promise.reject(closed(backend, name))
        throw closed(backend, name)
      },
    ]
  })
  const guarded = { ...Object.fromEntries(members), close }
  abandoned.register(guarded, close)
  return guarded
}

function closed({ info }: Backend, call: string): UsageError {
  return new UsageError({
    what: `this ${info.name} backend is closed`,
    got: `a call of ${call}()`,
    next: 'Close a backend after its last use, or make a new one and place the network there.',
  })
}
