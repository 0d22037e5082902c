import type { Backend } from '../backends/index.ts'
import { type Shape, ShapeError, sizeOf, UsageError } from '../base/index.ts'
import { type Tensor, tensorOf } from '../tensor/index.ts'
import type { NetworkState } from './run.ts'

/** What a stream needs of its network. */
interface Steps {
  readonly name: string
  readonly input: Shape
  readonly backend: Backend | null
  step(frame: Tensor, state: NetworkState | null): { output: Tensor; state: NetworkState }
  releaseState(state: NetworkState): void
}

/** A network that is fed frame by frame and remembers its state in between. Close it when done. */
export class NetworkStream {
  private readonly network: Steps
  /** Streams that run side by side. */
  private readonly samples: number
  private state: NetworkState | null = null
  private closed = false

  constructor(network: Steps, samples: number) {
    if (!(Number.isSafeInteger(samples) && samples >= 1)) {
      throw new UsageError({
        what: 'stream: samples out of range',
        expected: 'a whole number, 1 or more',
        got: `${samples}`,
      })
    }
    this.network = network
    this.samples = samples
  }

  /** Frames taken so far. */
  get position(): number {
    return this.state?.position ?? 0
  }

  /**
   * Takes a frame, and moves on by one step.
   * @param frame [samples, ...input], flat
   * @returns [samples, ...output], flat
   * @throws ShapeError for another length; UsageError where the stream is closed or the network on no backend
   */
  async step(frame: ArrayLike<number>): Promise<Float64Array> {
    const { network, samples } = this
    const { backend } = network
    if (this.closed)
      throw new UsageError({ what: 'the stream is closed', next: 'Open another with `network.stream()`.' })
    if (!backend)
      throw new UsageError({ what: `model "${network.name}" is on no backend`, next: 'Call place() first.' })
    const expected = samples * sizeOf(network.input)
    if (frame.length !== expected) {
      throw new ShapeError({
        what: 'a frame does not fit the network',
        place: network.name,
        expected: `${expected} values, [${[samples, ...network.input].join(', ')}]`,
        got: `${frame.length} values`,
      })
    }
    const x = tensorOf(backend, [1, samples, ...network.input], frame)
    const { output, state } = network.step(x, this.state)
    this.restart()
    this.state = state
    const values = Float64Array.from(await backend.read(output.handle))
    backend.release(output.handle)
    backend.release(x.handle)
    return values
  }

  /** Forgets what came before: the next frame is the first. */
  restart(): void {
    if (this.state) this.network.releaseState(this.state)
    this.state = null
  }

  /** Releases the state. */
  close(): void {
    this.restart()
    this.closed = true
  }
}
