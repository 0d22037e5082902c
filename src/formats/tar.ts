import { createTarDecoder } from 'modern-tar'
import { FormatError } from '../base/index.ts'
import { damageAt } from './damage.ts'

/** One member of a tar archive. */
export interface TarMember {
  readonly name: string
  readonly type: string
  readonly size: number
  /** The member's bytes; read them before the next member is taken. @throws FormatError if they are cut short */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** A `ReadableStream` of bytes. Said here, so that a program without the types of pages can be checked. */
export interface ByteStream {
  getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> }
}

/** Headers and bodies fill blocks of this size. */
const block = 512

/**
 * The members of a tar archive, one after the other, with memory for one piece at a time.
 * @param stream the archive's bytes, unpacked where it is a tar.gz
 * @throws FormatError if it is damaged or truncated
 */
export async function* readTar(stream: ByteStream, file: string): AsyncGenerator<TarMember> {
  const counter = { bytes: 0 }
  const counted = (stream as ReadableStream<Uint8Array>).pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        counter.bytes += chunk.length
        controller.enqueue(chunk)
      },
    }),
  )
  const damaged = (cause: unknown): FormatError => {
    if (cause instanceof FormatError) return cause
    return damageAt(file, Math.max(0, counter.bytes - block), {
      what: 'tar archive is truncated or damaged',
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    })
  }
  const reader = counted.pipeThrough(createTarDecoder({ strict: true })).getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      ended = done
      if (done) return
      const { header, body } = value
      yield { name: header.name, type: header.type ?? 'file', size: header.size, chunks: chunksOf(body, damaged) }
    }
  } catch (cause) {
    throw damaged(cause)
  } finally {
    if (!ended) await reader.cancel().catch(() => {})
  }
}

/** A member's bytes; where they are cut short, the error names the archive. */
async function* chunksOf(
  body: ReadableStream<Uint8Array>,
  damaged: (cause: unknown) => FormatError,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read().catch((cause) => {
      throw damaged(cause)
    })
    if (done) return
    yield value
  }
}
