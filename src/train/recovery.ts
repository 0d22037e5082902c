import type { Neuron } from '../equations/index.ts'
import { checkpointKernels, checkpointProgress, loadCheckpoint } from './checkpoint.ts'
import { exchangesBefore } from './exchange.ts'
import { kernelsNow, kernelWarning } from './kernel-record.ts'
import type { RunState } from './run-state.ts'
import { checkSameSettings } from './settings.ts'
import { type OptimiserState, Updates } from './updates.ts'

/** Brings a run back to where a checkpoint left it, and changes its neurons in between. */
export class Recovery {
  private readonly run: RunState
  /** What the network was built with. */
  private readonly neuron: Neuron | null

  constructor(run: RunState) {
    this.run = run
    this.neuron = run.network.neuron
  }

  /** @returns how many epochs the run was to have */
  restore(bytes: Uint8Array): unknown {
    const { store, log } = this.run.settings
    const file = `${store.place}, last checkpoint`
    const { exchanged } = checkpointProgress(bytes, file)
    if (exchanged) this.inhabit(exchanged)
    const saved = loadCheckpoint(bytes, { file, network: this.run.network })
    const { classes: _, ...recorded } = saved.training
    checkSameSettings(recorded, this.run.record)
    if (recorded.epochs !== this.run.record.epochs)
      log(`goes on to epoch ${this.run.record.epochs} instead of ${recorded.epochs}`)
    const [before, now] = [recorded.ranks ?? 1, this.run.record.ranks ?? 1]
    if (before !== now) log(`warning: goes on with ${now} ranks instead of ${before}: the sums come out in other bits`)
    this.renewUpdates(saved.optimiser, saved.progress.update)
    this.run.progress = saved.progress
    const kernels = checkpointKernels(bytes, file)
    const warning = kernels ? kernelWarning(kernels, kernelsNow(this.run.settings.backend)) : null
    if (warning) log(`warning: ${warning}`)
    log(`resumed at epoch ${saved.progress.epoch + 1}, after update ${saved.progress.update}`)
    return recorded.epochs
  }

  /** The network with the neurons that it has after so many exchanges. */
  inhabit(exchanged: number): void {
    const neuron = exchanged === 0 ? this.neuron : this.run.settings.exchange[exchanged - 1].neuron
    if (neuron) this.run.network.exchange(neuron)
  }

  /** Makes the exchange of neurons that is due, if any. What the optimiser remembers of the other parameters stays. */
  async exchange(): Promise<void> {
    const { settings, progress, network, updates } = this.run
    const due = exchangesBefore(settings.exchange, progress.epoch)
    if (due === (progress.exchanged ?? 0) || !updates) return
    const before = network.neuron?.name
    const state = await updates.state()
    this.inhabit(due)
    this.renewUpdates(state, updates.count)
    this.run.progress = { ...progress, exchanged: due }
    settings.log(`epoch ${progress.epoch + 1}: ${before} exchanged for ${network.neuron?.name}`)
  }

  private renewUpdates(state: OptimiserState, count: number): void {
    const { network, settings } = this.run
    this.run.updates?.release()
    this.run.updates = new Updates(network, settings.backend, settings.optimiser, settings.freeze, settings.quantise)
    this.run.updates.restore(state, count, true)
  }
}
