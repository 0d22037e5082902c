import type { Shape } from '../base/index.ts'
import type { LearnableParameter } from './program.ts'

/** How the values of a learnable parameter lie, by its scope. */

/** Its shape for T steps of frames [H, W, C] or [C]. */
export function parameterShape({ scope }: Pick<LearnableParameter, 'scope'>, T: number, frame: Shape): number[] {
  const channels = frame[frame.length - 1]
  if (scope === 'layer') return [1]
  if (scope === 'channel') return [channels]
  if (scope === 'neuron') return [...frame]
  return scope === 'step' ? [T] : [T, channels]
}

/** Whether each step has a value of its own. */
export const hasSteps = ({ scope }: LearnableParameter): boolean => scope === 'step' || scope === 'stepChannel'

/** Whether each neuron of a frame has a value of its own. */
export const hasNeurons = ({ scope }: LearnableParameter): boolean => scope === 'neuron'

/** Whether each channel has a value of its own. */
export const hasChannels = ({ scope }: LearnableParameter): boolean => scope === 'channel' || scope === 'stepChannel'
