import type { Lab, LabNeuron } from '../lab/model.ts'
import { definitionOf, optionsOf } from '../lab/model.ts'
import type { FromEngine, LayerSpikes, ToEngine, TrainSettings } from './messages.ts'

/** What a page knows of one network that trains. */
export interface RacerState {
  readonly status: 'starts' | 'trains' | 'paused' | 'done' | 'failed'
  readonly device: string
  readonly parameters: number
  readonly notes: readonly string[]
  readonly classes: readonly string[]
  readonly shape: readonly number[]
  readonly samples: readonly { readonly pixels: Uint8Array; readonly label: number }[]
  readonly update: number
  readonly updates: number
  readonly imagesPerSecond: number
  /** Losses by update. */
  readonly losses: readonly number[]
  readonly epochs: readonly { readonly update: number; readonly accuracy: number }[]
  readonly rates: readonly { readonly layer: string; readonly rate: number }[]
  readonly hash: string | null
  readonly accuracy: number | null
  readonly answer: { readonly shares: readonly number[]; readonly layers: readonly LayerSpikes[] } | null
  readonly fault: string | null
}

const fresh: RacerState = {
  status: 'starts',
  device: '',
  parameters: 0,
  notes: [],
  classes: [],
  shape: [28, 28, 1],
  samples: [],
  update: 0,
  updates: 0,
  imagesPerSecond: 0,
  losses: [],
  epochs: [],
  rates: [],
  hash: null,
  accuracy: null,
  answer: null,
  fault: null,
}

/** A network that trains in a worker of its own. */
export class Racer {
  readonly neuron: LabNeuron
  state: RacerState = fresh
  private readonly worker: Worker
  private readonly changed: () => void
  private readonly saved: (bytes: Uint8Array<ArrayBuffer>) => void

  constructor(neuron: LabNeuron, changed: () => void, saved: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.neuron = neuron
    this.changed = changed
    this.saved = saved
    this.worker = new Worker(new URL('./engine.ts', import.meta.url), { type: 'module' })
    this.worker.onmessage = ({ data }: MessageEvent<FromEngine>) => this.hear(data)
    this.worker.onerror = ({ message }) => this.set({ status: 'failed', fault: message || 'the worker did not start' })
  }

  start(
    settings: TrainSettings,
    more: Pick<Extract<ToEngine, { kind: 'start' }>, 'data' | 'threads'> & { readonly from?: Uint8Array },
  ): void {
    this.send({
      ...{ kind: 'start', settings, ...more },
      definition: definitionOf(this.neuron),
      options: optionsOf(this.neuron),
    })
  }

  send(message: ToEngine): void {
    this.worker.postMessage(message)
  }

  end(): void {
    this.worker.terminate()
  }

  private set(part: Partial<RacerState>): void {
    this.state = { ...this.state, ...part }
    this.changed()
  }

  private hear(data: FromEngine): void {
    switch (data.kind) {
      case 'ready': {
        const { kind: _, ...told } = data
        this.set({ ...told, status: 'trains' })
        break
      }
      case 'update': {
        const { update, updates, imagesPerSecond, loss } = data
        this.set({ update, updates, imagesPerSecond, losses: [...this.state.losses, loss] })
        break
      }
      case 'epoch':
        this.set({
          epochs: [...this.state.epochs, { update: data.update, accuracy: data.accuracy }],
          rates: data.rates,
        })
        break
      case 'hash':
        this.set({ hash: data.hash })
        break
      case 'paused':
        this.set(this.state.status === 'done' ? {} : { status: data.paused ? 'paused' : 'trains' })
        break
      case 'saved':
        this.saved(data.bytes)
        break
      case 'answer':
        this.set({ answer: { shares: data.shares, layers: data.layers } })
        break
      case 'done':
        this.set({ status: 'done', accuracy: data.accuracy })
        break
      case 'failed':
        this.set({ status: 'failed', fault: data.message })
        break
    }
  }
}

/** The neurons of a laboratory that can race: two at most, as each takes half of the processor. */
export function racing(lab: Lab): readonly LabNeuron[] {
  return lab.neurons.slice(0, 2)
}
