import type { FrameOptions } from '../events/index.ts'

/** How recordings become frames: as `integrate` does, after taking lone events out where `denoiseUs` says so. */
export interface ConversionOptions extends FrameOptions {
  /** See `denoise`. Default: nothing is taken out. */
  readonly denoiseUs?: number
}

/** The conversion in words, which caches and notes know it by. */
export function conversionText(options: ConversionOptions): string {
  const { T, by = 'number', windowUs, values = 'counts', size, denoiseUs } = options
  const cut = values === 'voxel' ? `${T} moments` : `${T} by ${by}${by === 'window' ? ` of ${windowUs} us` : ''}`
  return [
    cut,
    values,
    ...(size ? [`scaled to ${size.width}x${size.height}`] : []),
    ...(denoiseUs === undefined ? [] : [`without events alone for ${denoiseUs} us`]),
  ].join(', ')
}
