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
import {
  mapCall,
  type Operation,
  type OperationName,
  type Outputs,
  operationNames,
  operations,
  type Put,
  readBy,
} from './operations.ts'

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

/** Runs an operation on the other backend: its outputs in the reference's order, and what else it made. */
type Rerun = (other: Backend, put: Put) => { outputs: readonly Maybe[]; made?: readonly Handle[] }

type Maybe = Handle | null | undefined

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
  return {
    ...passedOn(reference, judge),
    ...Object.fromEntries(operationNames.map((name) => [name, comparing(name, reference, judge)])),
    info: {
      ...reference.info,
      name: `${reference.info.name} against ${other.info.name}`,
      // What is asked of both must suit the one that holds less.
      ...(other.info.float16Images ? { float16Images: true } : {}),
    },
    reshape: reference.reshape,
  } as Backend
}

/** An operation on both backends, as its row of the table says. */
function comparing(name: OperationName, reference: Backend, judge: Judge) {
  const { map, outputs } = operations[name] as unknown as Operation<readonly unknown[], unknown>
  const run = (backend: Backend, args: readonly unknown[]) =>
    (backend[name] as (...args: unknown[]) => unknown)(...args)
  return (...args: unknown[]) => {
    const inputs = judge.take(readBy(name, args))
    const result = run(reference, args)
    const made = outputs(result, ...args)
    if (name === 'neuron') judge.neuron(inputs, args as Parameters<Backend['neuron']>, made)
    else if (name === 'neuronBackward') {
      judge.compare(name, inputs, made, backwardAgain(args as Parameters<Backend['neuronBackward']>))
    } else {
      judge.compare(name, inputs, made, (other, put) => {
        const placed = map(args, put)
        return { outputs: Object.values(outputs(run(other, placed), ...placed)) }
      })
    }
    return result
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
    close: async () => {
      await judge.settled()
      await judge.other.close()
      await reference.close()
    },
  }
}

/** Backward on the other backend needs what its own forward saved; forward's output is the reference's. */
function backwardAgain(args: Parameters<Backend['neuronBackward']>): Rerun {
  return (other, put) => {
    const [x, output, , gradient, state, call] = operations.neuronBackward.map(args, put)
    const placed = { ...call, wantBackward: true }
    const forward = other.neuron(x, placed)
    const saved = forward.saved ?? { handles: [] }
    const result = other.neuronBackward(x, output, saved, gradient, state, placed)
    return {
      outputs: Object.values(operations.neuronBackward.outputs(result, x, output, saved, gradient, state, placed)),
      made: [forward.output, ...saved.handles, ...(forward.state ?? [])],
    }
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

  take(handles: readonly Handle[]): Snapshot[] {
    return handles.map((handle) => snapshot(this.reference, handle))
  }

  /** Runs an operation on the other backend later, and compares with the outputs as they are now. */
  compare(operation: string, inputs: readonly Snapshot[], outputs: Outputs, rerun: Rerun): void {
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
  }

  /** As `compare`; spikes may differ where their argument lies on an edge. */
  neuron(inputs: readonly Snapshot[], args: Parameters<Backend['neuron']>, outputs: Outputs): void {
    const [, call] = args
    const index = this.count++
    const expected = this.expected(outputs)
    const { program } = call.neuron
    const rerun: Rerun = (other, put) => {
      const placed = operations.neuron.map(args, put)
      const result = other.neuron(...placed)
      return {
        outputs: Object.values(operations.neuron.outputs(result, ...placed)),
        made: [...(result.saved?.handles ?? [])],
      }
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

  private arguments([x, ...rest]: readonly Snapshot[], call: NeuronCall): Promise<Numbers> {
    return spikeArguments(x, call, async (scratch) => {
      const handles: Handle[] = []
      for (const taken of rest) handles.push(await upload(scratch, taken))
      return mapCall(call, placing(handles))
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
    inputs: readonly Snapshot[],
    rerun: Rerun,
    judge: (results: readonly Maybe[]) => Promise<void>,
  ): Promise<void> {
    const handles: Handle[] = []
    for (const taken of inputs) handles.push(await upload(this.other, taken))
    const { outputs, made = [] } = rerun(this.other, placing(handles))
    await judge(outputs)
    for (const handle of new Set([...handles, ...outputs, ...made])) if (handle) this.other.release(handle)
  }

  private async judgeDense(
    where: Pick<Comparison, 'index' | 'operation' | 'output'>,
    taken: Snapshot,
    result: Maybe,
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
    result: Maybe,
  ): Promise<void> {
    const wrong = result?.kind === 'spikes' ? bytesApart(await this.other.readBytes(result), await taken.bytes) : -1
    if (wrong < 0) return this.judgeDense(where, taken, result, 0)
    this.report({ ...where, deviation: 0, spikes: { atEdge: 0, afterwards: 0, wrong }, ok: wrong === 0 })
  }
}

/** Puts these tensors, one after another, where an operation reads. */
function placing(handles: readonly Handle[]): Put {
  const left = [...handles]
  return <Kind extends Maybe>(handle: Kind) => (handle ? left.shift() : handle) as Kind
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
async function summedSize(operation: string, inputs: readonly Snapshot[]): Promise<number> {
  const gradient = operation.endsWith('Backward') && operation !== 'neuronBackward' ? inputs[2] : null
  if (!gradient) return 0
  const values = await gradient.values
  const channels = gradient.shape[gradient.shape.length - 1]
  const sums = new Float64Array(channels)
  for (let i = 0; i < values.length; i++) sums[i % channels] += Math.abs(values[i])
  return sums.reduce((a, b) => Math.max(a, b), 0) / 100
}
