import { homedir } from 'node:os'
import { join } from 'node:path'
import { type ConversionOptions, diskFrameCache, type OpenOptions } from '../data/index.ts'
import type { Environment } from './environment.ts'
import type { Progress } from './progress.ts'
import type { TrainingOptions } from './run-settings.ts'

/** What options say of frames. */
export type FrameChoice = Pick<TrainingOptions, 'T'> &
  Partial<
    Pick<
      TrainingOptions,
      | 'frames'
      | 'windowUs'
      | 'frameValues'
      | 'surfaceUs'
      | 'frameSize'
      | 'hotPixelHz'
      | 'refractoryUs'
      | 'denoiseUs'
      | 'sensor'
      | 'layout'
      | 'cache'
      | 'limit'
    >
  >

/** Frames as `openDataset` takes them, kept in the cache, with a bar while recordings are converted. */
export function recordingOptions(
  name: string,
  options: FrameChoice,
  progress: Progress,
  env: Environment,
): OpenOptions {
  const { sensor, layout, limit } = options
  return {
    frames: conversionOf(options),
    cache: diskFrameCache(options.cache ?? cacheFolder(env)),
    progress: (done, total) => progress.update({ label: `${name} to frames`, done, total }),
    found: (recordings, place) =>
      progress.line(`${name}: the frames of ${recordings} recordings come from the cache ${place}`),
    ...(sensor === undefined ? {} : { sensor: sizeOfText(sensor) }),
    ...(layout === undefined ? {} : { layout }),
    ...(limit === undefined ? {} : { limit }),
  }
}

/** How the options cut recordings into frames. */
export function conversionOf(options: FrameChoice): ConversionOptions {
  const { T, frames, windowUs, frameValues, surfaceUs, frameSize, hotPixelHz, refractoryUs, denoiseUs } = options
  return {
    T,
    ...(frames === undefined ? {} : { by: frames }),
    ...(windowUs === undefined ? {} : { windowUs }),
    ...(frameValues === undefined ? {} : { values: frameValues }),
    ...(frameSize === undefined ? {} : { size: sizeOfText(frameSize) }),
    ...(surfaceUs === undefined ? {} : { tauUs: surfaceUs }),
    ...(hotPixelHz === undefined ? {} : { hotPixelHz }),
    ...(refractoryUs === undefined ? {} : { refractoryUs }),
    ...(denoiseUs === undefined ? {} : { denoiseUs }),
  }
}

/** What a checkpoint says of frames, as options say it. */
export function frameChoiceOf(frames: Partial<Loose<ConversionOptions>> | undefined): Partial<FrameChoice> {
  if (!frames) return {}
  const { by = 'number', windowUs, values = 'counts', tauUs, size, hotPixelHz, refractoryUs, denoiseUs } = frames
  const frameSize = size && `${size.width}x${size.height}`
  const filters = { hotPixelHz, refractoryUs, denoiseUs }
  return { frames: by, windowUs, frameValues: values, surfaceUs: tauUs, frameSize, ...filters }
}

type Loose<Type> = { [Key in keyof Type]: Type[Key] | undefined }

/** `48x32` as a size. */
export function sizeOfText(text: string): { width: number; height: number } {
  const [width, height] = text.split('x').map(Number)
  return { width, height }
}

/** Where converted recordings are kept: in XDG_CACHE_HOME, or ~/.cache. */
export function cacheFolder(env: Environment): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'spikelet')
}
