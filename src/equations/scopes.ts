import type { LearnableParameter } from './program.ts'

/** How the values of a learnable parameter lie, by its scope. */

/** Its shape for T steps and C channels. */
export function parameterShape({ scope }: LearnableParameter, T: number, channels: number): number[] {
  if (scope === 'layer') return [1]
  if (scope === 'channel') return [channels]
  return scope === 'step' ? [T] : [T, channels]
}

/** The place in its values for step t and channel c. */
export function parameterIndex({ scope }: LearnableParameter, t: number, c: number, channels: number): number {
  if (scope === 'layer') return 0
  if (scope === 'channel') return c
  return scope === 'step' ? t : t * channels + c
}

/** Whether each step has a value of its own. */
export const hasSteps = ({ scope }: LearnableParameter): boolean => scope === 'step' || scope === 'stepChannel'

/** Whether each channel has a value of its own. */
export const hasChannels = ({ scope }: LearnableParameter): boolean => scope === 'channel' || scope === 'stepChannel'
