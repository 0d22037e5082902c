/** The three passes of a convolution or linear layer. */
export type Pass = 'forward' | 'weight gradient' | 'input gradient'

/** Which kernels a layer takes: over the events of its spikes, or over all values. */
export type KernelKind = 'events' | 'dense'

/** What a backend chose for one shape of layer and pass; part of the run record, since another choice sums in another order. */
export interface KernelChoice {
  /** The layer's shape, as `conv 3x3, stride 1x1, padding 1x1: 32x32x64 to 64`. */
  readonly layer: string
  readonly pass: Pass
  readonly kernels: KernelKind
  /**
   * What event kernels take together: vectors of output channels (forward), pixels (weight gradient), or bytes of weights
   * (input gradient). Left out in records that are older than tiles.
   */
  readonly tile?: number
  /** Spikes (input gradient: open windows) per value that it was chosen for; counts hold several. */
  readonly rate: number
  /** Predicted picoseconds per multiply-add of the dense sum; null where there was no model to ask. */
  readonly predicted: { readonly events: number; readonly dense: number } | null
}

const passes: readonly string[] = ['forward', 'weight gradient', 'input gradient'] satisfies Pass[]

/**
 * Beyond any that could pay. A kernel steps by its tile, in 32 bits: with a larger one, from a damaged or foreign file, it
 * would never come to its end.
 */
const largestTile = 2 ** 24

/** Whether something read from a file is a choice that kernels can follow. */
export function isKernelChoice(value: unknown): value is KernelChoice {
  if (typeof value !== 'object' || value === null) return false
  const { layer, pass, kernels, tile, rate } = value as Partial<KernelChoice>
  return (
    typeof layer === 'string' &&
    passes.includes(pass as string) &&
    (kernels === 'events' || kernels === 'dense') &&
    Number.isFinite(rate) &&
    (tile === undefined || (Number.isInteger(tile) && tile >= 1 && tile <= largestTile))
  )
}
