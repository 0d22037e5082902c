import type { BackendInfo } from '../backends/index.ts'

/**
 * Where a run's loss scale stands. Gradients that are stored as float16 vanish below 6e-8 and overflow above 65504; so the
 * loss is scaled on the way back, and the gradients of parameters, which are float32, are divided by the scale again.
 */
export interface LossScale {
  /** A power of two, so that scaling rounds nothing. */
  readonly scale: number
  /** Updates since it changed last. */
  readonly steady: number
}

/** Before the first update, as PyTorch's GradScaler has it. */
const firstScale = 2 ** 16

/** Updates without overflow after which the scale is doubled. */
const growthInterval = 2000

/** The scale that a run starts with; undefined where gradients are float32 and need none. */
export function firstLossScale(info: BackendInfo): LossScale | undefined {
  return info.float16Images ? { scale: firstScale, steady: 0 } : undefined
}

/**
 * The scale after an update: halved where its gradients overflowed, doubled after enough that did not.
 * @returns null where gradients are not finite even without scaling: that is no overflow of float16 alone
 */
export function nextLossScale({ scale, steady }: LossScale, finite: boolean): LossScale | null {
  if (!finite) return scale > 1 ? { scale: scale / 2, steady: 0 } : null
  return steady + 1 === growthInterval ? { scale: 2 * scale, steady: 0 } : { scale, steady: steady + 1 }
}
