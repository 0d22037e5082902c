import type { Events } from '../../formats/index.ts'
import { denoise, type FrameOptions, refractoryEvents, withoutHotPixels } from '../events/index.ts'

/** How recordings become frames: as `integrate` does, after events were taken out, in this order. */
export interface ConversionOptions extends FrameOptions {
  /** See `withoutHotPixels`. Default: nothing is taken out. */
  readonly hotPixelHz?: number
  /** See `refractoryEvents`. Default: nothing is taken out. */
  readonly refractoryUs?: number
  /** See `denoise`. Default: nothing is taken out. */
  readonly denoiseUs?: number
}

/** The events that frames are made of. */
export function filteredEvents(events: Events, { hotPixelHz, refractoryUs, denoiseUs }: ConversionOptions): Events {
  const cool = hotPixelHz === undefined ? events : withoutHotPixels(events, hotPixelHz)
  const rested = refractoryUs === undefined ? cool : refractoryEvents(cool, refractoryUs)
  return denoiseUs === undefined ? rested : denoise(rested, denoiseUs)
}

/** The conversion in words, which caches and notes know it by. */
export function conversionText(options: ConversionOptions): string {
  const { T, by = 'number', windowUs, values = 'counts', tauUs, size, hotPixelHz, refractoryUs, denoiseUs } = options
  const cut = values === 'voxel' ? `${T} moments` : `${T} by ${by}${by === 'window' ? ` of ${windowUs} us` : ''}`
  return [
    cut,
    values === 'surface' ? `surface of ${tauUs} us` : values,
    ...(size ? [`scaled to ${size.width}x${size.height}`] : []),
    ...(hotPixelHz === undefined ? [] : [`without pixels above ${hotPixelHz} Hz`]),
    ...(refractoryUs === undefined ? [] : [`without events within ${refractoryUs} us of the last at their pixel`]),
    ...(denoiseUs === undefined ? [] : [`without events alone for ${denoiseUs} us`]),
  ].join(', ')
}
