import type { Writable } from 'node:stream'

/** Where a command's words go. Whoever reads them may leave: the command goes on to its end, silently. */
export interface Outputs {
  write(text: string): void
  writeError(text: string): void
  /** What was lost because it could not be written, say to a full disk; undefined where a reader merely left. */
  lost(): string | undefined
}

type Stream = Pick<Writable, 'write' | 'on'>

/** A reader that left, or a terminal that is gone. */
const leaving = ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']

/** Outputs that never end the process: a run that nobody watches any more is still worth its end. */
export function outputsTo(output: Stream, errors: Stream): Outputs {
  const [out, err] = [lasting(output, 'standard output'), lasting(errors, 'standard error')]
  return { write: out.write, writeError: err.write, lost: () => out.lost() ?? err.lost() }
}

function lasting(stream: Stream, name: string) {
  let open = true
  let lost: string | undefined
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (open && !leaving.includes(error.code ?? '')) lost = `${name}: ${error.message}`
    open = false
  })
  return {
    write(text: string) {
      if (open) stream.write(text)
    },
    lost: () => lost,
  }
}
