import { percentText } from '../base/index.ts'
import type { KernelRecord } from '../train/index.ts'
import { tableText } from './table.ts'

const tileText: { readonly [P in KernelRecord['choices'][number]['pass']]: (tile: number) => string } = {
  forward: (tile) => `${tile} vectors of channels`,
  'weight gradient': (tile) => `${tile} pixels`,
  'input gradient': (tile) => `${tile / 1024} KiB of weights`,
}

/** `--explain-kernels`: what was chosen, for which rate, and what either would have cost. */
export function kernelsText({ features, choices }: KernelRecord): string {
  const price = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(1))
  const rows = choices.map(({ layer, pass, kernels, tile, rate, predicted }) => [
    layer,
    pass,
    kernels,
    kernels === 'events' && tile ? tileText[pass](tile) : '-',
    percentText(rate, 1),
    price(predicted?.events),
    price(predicted?.dense),
  ])
  const head = ['layer', 'pass', 'kernels', 'together', 'rate', 'events', 'dense']
  const notes = 'together: what event kernels take at once, so that it stays in a near cache'
  return `${tableText(head, rows)}\n\n${notes}\nevents, dense: predicted picoseconds per multiply-add, on ${features.join(', ')}\n`
}
