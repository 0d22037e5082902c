import { ShapeError, sameShape, shapeText, sizeOf, UsageError } from '../../base/index.ts'
import { add, concat, steps } from '../../ops/index.ts'
import { inputTensor, type Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { released } from '../released.ts'
import type { Run } from '../run.ts'
import type { Conv2d } from './conv2d.ts'
import type { Linear } from './linear.ts'
import type { Spiking } from './spiking.ts'

/**
 * Neurons whose spikes come back, one step later, through a Linear or Conv2d: s[t] = neuron(x[t] + feedback(s[t-1])). Before
 * the first step nobody fired: the feedback's bias acts at every step.
 */
export class Recurrent extends Layer {
  readonly type = 'recurrent'
  readonly neurons: Spiking
  readonly feedback: Linear | Conv2d

  constructor(neurons: Spiking, feedback: Linear | Conv2d) {
    super()
    this.neurons = neurons
    this.feedback = feedback
  }

  build(input: Frame, site: Site): Frame {
    const output = site.build('neurons', this.neurons, input)
    const back = site.build('feedback', this.feedback, output)
    if (!sameShape(back.shape, input.shape)) {
      throw new ShapeError({
        what: 'the feedback of a recurrent layer does not fit its input',
        expected: shapeText(input.shape),
        got: shapeText(back.shape),
      })
    }
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    if (run.truncation) {
      throw new UsageError({
        what: 'a recurrent layer cannot truncate its gradients',
        expected: 'neurons without feedback',
        next: 'Leave the truncation out: this layer runs step by step, and its gradient goes through every step.',
      })
    }
    const frames = x.shape[0] === 1 ? null : steps(run, x)
    const given = run.stream?.given.get(this.path)?.map(inputTensor)
    let state: readonly Tensor[] | null = given?.slice(1) ?? null
    let last: Tensor | null = given?.[0] ?? null
    const outputs: Tensor[] = []
    for (let t = 0; t < run.T; t++) {
      const kept = [x, ...(given ?? [])]
      const current = this.current(frames?.[t] ?? x, last, run, kept)
      const position = (run.stream?.position ?? 0) + t
      const wantState = t < run.T - 1 || run.stream !== undefined
      const result = this.neurons.advance(current, state, { ...run, T: 1 }, wantState, position)
      released(run, current, kept)
      for (const s of state ?? []) released(run, s, kept)
      state = result.state
      last = result.output
      outputs.push(last)
    }
    const output = concat(run, outputs)
    this.finish(outputs, state, run)
    run.observe?.(this.path, output, this.neurons.neuron.program.levels)
    return output
  }

  config(): LayerConfig {
    return { type: this.type, neurons: this.neurons.config(), feedback: this.feedback.config() }
  }

  /** x[t] + feedback(s[t-1]). */
  private current(frame: Tensor, last: Tensor | null, run: Run, kept: readonly Tensor[]): Tensor {
    const before = last ?? this.silence(frame, run)
    if (!before) return frame
    const back = this.feedback.call(before, { ...run, T: 1 })
    if (!last) released(run, before, kept)
    const sum = add(run, frame, back)
    released(run, back, kept)
    released(run, frame, kept)
    return sum
  }

  /** Spikes of neurons that did not fire; null where the feedback makes nothing of them. */
  private silence(frame: Tensor, run: Run): Tensor | null {
    if (!(this.feedback.options.bias ?? true)) return null
    const shape = [1, ...frame.shape.slice(1)]
    const { spiking } = this.neurons.neuron.program
    const { backend } = run
    return inputTensor(spiking ? backend.spikes(shape, new Uint8Array(sizeOf(shape)), 1) : backend.tensor(shape, null))
  }

  /** In a stream, the last spikes and states are the next step's; else nobody needs them. */
  private finish(outputs: readonly Tensor[], state: readonly Tensor[] | null, run: Run): void {
    if (run.stream)
      run.stream.next.set(
        this.path,
        [outputs[0], ...(state ?? [])].map((s) => s.handle),
      )
    else for (const s of outputs) released(run, s, [])
  }
}
