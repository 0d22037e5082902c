import type { Backend, Handle, NeuronCall, Numbers } from './backend.ts'
import {
  difference,
  type Snapshot,
  type SpikeDifference,
  snapshot,
  spikeArguments,
  spikeDifference,
  upload,
} from './compare-values.ts'

/** One output of one operation, on both backends, from the same inputs. */
export interface Comparison {
  /** Counts operations from 0. */
  readonly index: number
  readonly operation: string
  /** Which output: `output`, `weight`... */
  readonly output: string
  /** Dense: max |a - b| divided by max |b| (or by what was summed, where sums cancel). Spikes: 0. */
  readonly deviation: number
  /** Spikes only. */
  readonly spikes: SpikeDifference | null
  readonly ok: boolean
}

export interface ComparingOptions {
  /** Largest deviation of a dense output. Default 1e-4. */
  readonly tolerance?: number
  /** How near to a threshold or window edge spikes may differ. Default 1e-5. */
  readonly edge?: number
}

/** The reference's outputs by name, and what must be there to judge them. */
interface Outputs {
  readonly [name: string]: Handle | null | undefined
}

/** Runs an operation on the other backend: its outputs in the reference's order, and what else it made. */
type Rerun = (
  other: Backend,
  inputs: readonly Handle[],
) => { outputs: readonly (Handle | null)[]; made?: readonly Handle[] }

/**
 * A backend that runs every operation twice: on the reference, whose results flow on, and on the other backend, from
 * the reference's inputs. So every kernel is judged on its own, and a spike that flips at a threshold spoils nothing
 * behind it. Comparisons lag behind; `finish` and `read` wait for them.
 * @param reference reads must copy at once, as the interpreter's do
 * @param report called once for each output
 */
export function createComparing(
  reference: Backend,
  other: Backend,
  report: (comparison: Comparison) => void,
  options: ComparingOptions = {},
): Backend {
  const judge = new Judge(reference, other, report, options)
  const { take, compare } = judge
  return {
    ...passedOn(reference, judge),
    info: {
      ...reference.info,
      name: `${reference.info.name} against ${other.info.name}`,
      // What is asked of both must suit the one that holds less.
      ...(other.info.float16Images ? { float16Images: true } : {}),
    },
    conv2d: (x, weight, bias, residual, o) => {
      const inputs = take([x, weight, bias, residual])
      const output = reference.conv2d(x, weight, bias, residual, o)
      return compare('conv2d', inputs, { output }, (b, [hx, hw, hb, hr]) => ({
        outputs: [b.conv2d(hx, hw, hb ?? null, hr ?? null, o)],
      })).output
    },
    conv2dBackward: (x, weight, gradient, o, want) => {
      const inputs = take([x, weight, gradient])
      const result = reference.conv2dBackward(x, weight, gradient, o, want)
      compare('conv2dBackward', inputs, { ...result }, (b, [hx, hw, hg]) => {
        const r = b.conv2dBackward(hx, hw, hg, o, want)
        return { outputs: [r.input, r.weight, r.bias] }
      })
      return result
    },
    linear: (x, weight, bias) => {
      const inputs = take([x, weight, bias])
      const output = reference.linear(x, weight, bias)
      return compare('linear', inputs, { output }, (b, [hx, hw, hb]) => ({ outputs: [b.linear(hx, hw, hb ?? null)] }))
        .output
    },
    linearBackward: (x, weight, gradient, want) => {
      const inputs = take([x, weight, gradient])
      const result = reference.linearBackward(x, weight, gradient, want)
      compare('linearBackward', inputs, { ...result }, (b, [hx, hw, hg]) => {
        const r = b.linearBackward(hx, hw, hg, want)
        return { outputs: [r.input, r.weight, r.bias] }
      })
      return result
    },
    neuron: (x, call) => {
      const inputs = take([x, ...handlesOf(call)])
      const result = reference.neuron(x, call)
      const outputs = { output: result.output, ...named('state', result.state), ...running(call) }
      judge.neuron(inputs, call, outputs)
      return result
    },
    neuronBackward: (x, output, saved, gradient, state, call) => {
      const inputs = take([x, output, gradient, ...handlesOf(call), ...(state ?? [])])
      const result = reference.neuronBackward(x, output, saved, gradient, state, call)
      const outputs = {
        input: result.input,
        ...named('parameter', result.parameters),
        ...result.normalisation,
        ...named('state', result.state),
      }
      compare('neuronBackward', inputs, outputs, (b, [hx, ho, hg, ...rest]) => rerunBackward(b, hx, ho, hg, rest, call))
      return result
    },
    pool: (x, o) => {
      const inputs = take([x])
      return compare('pool', inputs, { output: reference.pool(x, o) }, (b, [hx]) => ({ outputs: [b.pool(hx, o)] }))
        .output
    },
    poolBackward: (x, gradient, o, want) => {
      const inputs = take([x, gradient])
      const output = reference.poolBackward(x, gradient, o, want)
      return compare('poolBackward', inputs, { output }, (b, [hx, hg]) => ({
        outputs: [b.poolBackward(hx, hg, o, want)],
      })).output
    },
    dropout: (x, p, key) => {
      const inputs = take([x])
      const output = reference.dropout(x, p, key)
      return compare('dropout', inputs, { output }, (b, [hx]) => ({ outputs: [b.dropout(hx, p, key)] })).output
    },
    dropoutBackward: (gradient, p, key) => {
      const inputs = take([gradient])
      const output = reference.dropoutBackward(gradient, p, key)
      return compare('dropoutBackward', inputs, { output }, (b, [hg]) => ({
        outputs: [b.dropoutBackward(hg, p, key)],
      })).output
    },
    add: (a, c) => {
      const inputs = take([a, c])
      return compare('add', inputs, { output: reference.add(a, c) }, (b, [ha, hc]) => ({ outputs: [b.add(ha, hc)] }))
        .output
    },
    slice: (x, from, to) => {
      const inputs = take([x])
      const output = reference.slice(x, from, to)
      return compare('slice', inputs, { output }, (b, [hx]) => ({ outputs: [b.slice(hx, from, to)] })).output
    },
    concat: (parts) => {
      const inputs = take(parts)
      const output = reference.concat(parts)
      return compare('concat', inputs, { output }, (b, handles) => ({ outputs: [b.concat(handles)] })).output
    },
    sumSteps: (x) => {
      const inputs = take([x])
      const output = reference.sumSteps(x)
      return compare('sumSteps', inputs, { output }, (b, [hx]) => ({ outputs: [b.sumSteps(hx)] })).output
    },
    loss: (logits, targets, o) => {
      const inputs = take([logits, targets])
      const result = reference.loss(logits, targets, o)
      compare('loss', inputs, { loss: result.loss, gradient: result.gradient }, (b, [hl, ht]) => {
        const r = b.loss(hl, ht, o)
        return { outputs: [r.loss, r.gradient] }
      })
      return result
    },
    accumulate: (target, source, factor) => {
      const inputs = take([target, source])
      reference.accumulate(target, source, factor)
      compare('accumulate', inputs, { target }, (b, [ht, hs]) => {
        b.accumulate(ht, hs, factor)
        return { outputs: [ht] }
      })
    },
    scale: (target, factor) => {
      const inputs = take([target])
      reference.scale(target, factor)
      compare('scale', inputs, { target }, (b, [ht]) => {
        b.scale(ht, factor)
        return { outputs: [ht] }
      })
    },
    clipNorm: (gradients, maxNorm) => {
      const inputs = take(gradients)
      const norm = reference.clipNorm(gradients, maxNorm)
      compare('clipNorm', inputs, { norm, ...named('gradient', gradients) }, (b, handles) => ({
        outputs: [b.clipNorm(handles, maxNorm), ...handles],
      }))
      return norm
    },
    sgd: (parameter, gradient, velocity, o, guards = []) => {
      const inputs = take([parameter, gradient, velocity, ...guards])
      reference.sgd(parameter, gradient, velocity, o, guards)
      compare('sgd', inputs, { parameter, velocity }, (b, [hp, hg, hv, ...guarding]) => {
        b.sgd(hp, hg, hv ?? null, o, guarding)
        return { outputs: [hp, hv] }
      })
    },
    adamW: (parameter, gradient, first, second, o, guards = []) => {
      const inputs = take([parameter, gradient, first, second, ...guards])
      reference.adamW(parameter, gradient, first, second, o, guards)
      compare('adamW', inputs, { parameter, first, second }, (b, [hp, hg, hf, hs, ...guarding]) => {
        b.adamW(hp, hg, hf, hs, o, guarding)
        return { outputs: [hp, hf, hs] }
      })
    },
    activity: (x) => {
      const inputs = take([x])
      return compare('activity', inputs, { output: reference.activity(x) }, (b, [hx]) => ({
        outputs: [b.activity(hx)],
      })).output
    },
  }
}

/** What has nothing to compare. */
function passedOn(reference: Backend, judge: Judge) {
  return {
    tensor: reference.tensor,
    spikes: reference.spikes,
    write: reference.write,
    read: async (handle: Handle): Promise<Numbers> => {
      const values = reference.read(handle)
      await judge.settled()
      return values
    },
    readBytes: reference.readBytes,
    release: reference.release,
    beginStep: reference.beginStep,
    endStep: reference.endStep,
    finish: () => judge.settled(),
    peakBytes: reference.peakBytes,
    kernelChoices: reference.kernelChoices,
    reshape: reference.reshape,
    close: async () => {
      await judge.settled()
      await judge.other.close()
      await reference.close()
    },
  }
}

/** Every tensor that a call reads, in the order in which `withHandles` puts them back. */
function handlesOf(call: NeuronCall): Handle[] {
  const n = call.normalisation
  const norm = n ? [n.weight, n.bias, n.runningMean, n.runningVariance] : []
  return [...call.parameters, ...norm, ...(call.state ?? [])]
}

function withHandles(call: NeuronCall, handles: readonly Handle[]): NeuronCall {
  const left = [...handles]
  const take = (count: number) => left.splice(0, count)
  const parameters = take(call.parameters.length)
  const n = call.normalisation
  const [weight, bias, runningMean, runningVariance] = n ? take(4) : []
  return {
    ...call,
    parameters,
    normalisation: n && { ...n, weight, bias, runningMean, runningVariance },
    state: call.state && take(call.state.length),
  }
}

function running(call: NeuronCall): Outputs {
  const n = call.normalisation
  return n?.training ? { runningMean: n.runningMean, runningVariance: n.runningVariance } : {}
}

function named(name: string, handles: readonly Handle[] | null): Outputs {
  return Object.fromEntries((handles ?? []).map((handle, i) => [`${name} ${i}`, handle]))
}

/** Backward on the other backend needs what its own forward saved; forward's output is the reference's. */
function rerunBackward(
  b: Backend,
  x: Handle,
  output: Handle,
  gradient: Handle,
  rest: readonly Handle[],
  call: NeuronCall,
): ReturnType<Rerun> {
  const count = handlesOf(call).length
  const placed = { ...withHandles(call, rest.slice(0, count)), wantBackward: true }
  const last = rest.slice(count)
  const forward = b.neuron(x, placed)
  const saved = forward.saved ?? { handles: [] }
  const r = b.neuronBackward(x, output, saved, gradient, last.length > 0 ? last : null, placed)
  const norm = r.normalisation ? [r.normalisation.weight, r.normalisation.bias] : []
  return {
    outputs: [r.input, ...r.parameters, ...norm, ...(r.state ?? [])],
    made: [forward.output, ...saved.handles, ...(forward.state ?? [])],
  }
}

/** Keeps comparisons in order and judges them. */
class Judge {
  readonly other: Backend
  private readonly reference: Backend
  private readonly report: (comparison: Comparison) => void
  private readonly tolerance: number
  private readonly edge: number
  private queue: Promise<void> = Promise.resolve()
  private failure: unknown = null
  private count = 0

  constructor(
    reference: Backend,
    otherBackend: Backend,
    report: (comparison: Comparison) => void,
    options: ComparingOptions,
  ) {
    this.reference = reference
    this.other = otherBackend
    this.report = report
    this.tolerance = options.tolerance ?? 1e-4
    this.edge = options.edge ?? 1e-5
  }

  /** Waits for all comparisons. @throws what one of them threw */
  async settled(): Promise<void> {
    await this.queue
    if (this.failure) throw this.failure
  }

  readonly take = (handles: readonly (Handle | null)[]): (Snapshot | null)[] =>
    handles.map((handle) => handle && snapshot(this.reference, handle))

  /** Runs an operation on the other backend later, and compares with the outputs as they are now. */
  readonly compare = <Names extends Outputs>(
    operation: string,
    inputs: readonly (Snapshot | null)[],
    outputs: Names,
    rerun: Rerun,
  ): Names => {
    const index = this.count++
    const expected = this.expected(outputs)
    this.later(async () => {
      const slack = await summedSize(operation, inputs)
      await this.rerun(inputs, rerun, async (results) => {
        let at = 0
        for (const [name, taken] of expected) {
          const result = results[at++]
          if (!taken) continue
          if (taken.kind === 'spikes') await this.judgeBytes({ index, operation, output: name }, taken, result)
          else await this.judgeDense({ index, operation, output: name }, taken, result, name === 'bias' ? slack : 0)
        }
      })
    })
    return outputs
  }

  /** As `compare`; spikes may differ where their argument lies on an edge. */
  neuron(inputs: readonly (Snapshot | null)[], call: NeuronCall, outputs: Outputs): void {
    const index = this.count++
    const expected = this.expected(outputs)
    const { program } = call.neuron
    const rerun: Rerun = (b, [x, ...rest]) => {
      const placed = withHandles(call, rest)
      const r = b.neuron(x, placed)
      const n = placed.normalisation
      const statistics = n?.training ? [n.runningMean, n.runningVariance] : []
      return { outputs: [r.output, ...(r.state ?? []), ...statistics], made: [...(r.saved?.handles ?? [])] }
    }
    this.later(() =>
      this.rerun(inputs, rerun, async (results) => {
        let parted: SpikeDifference | null = null
        for (let i = 0; i < expected.length; i++) {
          const [name, taken] = expected[i]
          if (!taken) continue
          const where = { index, operation: `neuron ${call.neuron.name}`, output: name }
          if (taken.kind === 'spikes') {
            const a = await this.other.readBytes(results[i] as Handle)
            const b = (await taken.bytes) as Uint8Array
            parted = same(a, b)
              ? { atEdge: 0, afterwards: 0, wrong: 0 }
              : spikeDifference(a, b, await this.arguments(inputs, call), program.window, call.T, this.edge)
            this.report({ ...where, deviation: 0, spikes: parted, ok: parted.wrong === 0 })
          } else if (!name.startsWith('state') || !parted?.atEdge) {
            await this.judgeDense(where, taken, results[i], 0)
          }
        }
      }),
    )
  }

  private arguments([x, ...rest]: readonly (Snapshot | null)[], call: NeuronCall): Promise<Numbers> {
    return spikeArguments(x as Snapshot, call, async (scratch) => {
      const handles: Handle[] = []
      for (const taken of rest) if (taken) handles.push(await upload(scratch, taken))
      return withHandles(call, handles)
    })
  }

  private expected(outputs: Outputs): [string, Snapshot | null][] {
    return Object.entries(outputs).map(([name, handle]) => [name, handle ? snapshot(this.reference, handle) : null])
  }

  private later(job: () => Promise<void>): void {
    this.queue = this.queue
      .then(() => (this.failure ? undefined : job()))
      .catch((error: unknown) => {
        this.failure = error
      })
  }

  private async rerun(
    inputs: readonly (Snapshot | null)[],
    rerun: Rerun,
    judge: (results: readonly (Handle | null)[]) => Promise<void>,
  ): Promise<void> {
    const handles: (Handle | null)[] = []
    for (const taken of inputs) handles.push(taken && (await upload(this.other, taken)))
    const { outputs, made = [] } = rerun(this.other, handles as Handle[])
    await judge(outputs)
    for (const handle of new Set([...handles, ...outputs, ...made])) if (handle) this.other.release(handle)
  }

  private async judgeDense(
    where: Pick<Comparison, 'index' | 'operation' | 'output'>,
    taken: Snapshot,
    result: Handle | null | undefined,
    slack: number,
  ): Promise<void> {
    const actual = result ? await this.other.read(result) : new Float64Array(0)
    const { worst, size } = difference(actual, await taken.values)
    const deviation = worst === 0 ? 0 : worst / Math.max(size, slack)
    this.report({ ...where, deviation, spikes: null, ok: deviation <= this.tolerance })
  }

  private async judgeBytes(
    where: Pick<Comparison, 'index' | 'operation' | 'output'>,
    taken: Snapshot,
    result: Handle | null | undefined,
  ): Promise<void> {
    const wrong = result?.kind === 'spikes' ? bytesApart(await this.other.readBytes(result), await taken.bytes) : -1
    if (wrong < 0) return this.judgeDense(where, taken, result, 0)
    this.report({ ...where, deviation: 0, spikes: { atEdge: 0, afterwards: 0, wrong }, ok: wrong === 0 })
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return bytesApart(a, b) === 0
}

function bytesApart(a: Uint8Array, b: Uint8Array | null): number {
  if (!b || a.length !== b.length) return Math.max(a.length, b?.length ?? 0)
  let count = 0
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++
  return count
}

/**
 * A bias in front of a BatchNorm has a gradient whose terms cancel: it is judged by a hundredth of the sum of their
 * sizes, not by what is left of it.
 */
async function summedSize(operation: string, inputs: readonly (Snapshot | null)[]): Promise<number> {
  const gradient = operation.endsWith('Backward') && operation !== 'neuronBackward' ? inputs[2] : null
  if (!gradient) return 0
  const values = await gradient.values
  const channels = gradient.shape[gradient.shape.length - 1]
  const sums = new Float64Array(channels)
  for (let i = 0; i < values.length; i++) sums[i % channels] += Math.abs(values[i])
  return sums.reduce((a, b) => Math.max(a, b), 0) / 100
}
