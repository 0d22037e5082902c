import { UsageError } from '../base/index.ts'
import type { Neuron } from '../equations/index.ts'

/** From the start of an epoch on, all layers of spiking neurons are of this one. */
export interface Exchange {
  /** From 1. */
  readonly epoch: number
  readonly neuron: Neuron
}

/** @throws UsageError unless epochs rise, and lie within the run */
export function checkExchanges(exchanges: readonly Exchange[], epochs: number): void {
  let before = 0
  for (const { epoch } of exchanges) {
    if (!Number.isSafeInteger(epoch) || epoch <= before || epoch > epochs) {
      throw new UsageError({
        what: 'training: an exchange of neurons at an epoch that does not come, or not in this order',
        expected: `whole numbers from 1 to ${epochs}, rising`,
        got: exchanges.map((exchange) => exchange.epoch).join(', '),
        next: 'The exchange happens at the start of the epoch that it names.',
      })
    }
    before = epoch
  }
}

/** How many of the exchanges have happened once an epoch (from 0) has begun. */
export function exchangesBefore(exchanges: readonly Exchange[], epoch: number): number {
  return exchanges.filter((exchange) => exchange.epoch <= epoch + 1).length
}
