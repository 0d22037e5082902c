import type { Frame, Site } from './layer.ts'

/**
 * Tells a site of a layer that turns every value into a number, as normalisations and filters do.
 * @param cost its trained numbers, and multiply-adds of a frame
 * @param sequence whether its output differs from step to step, though its input may not
 * @returns what comes out of it
 */
export function numberFrame(
  site: Site,
  type: string,
  input: Frame,
  cost: { readonly parameters: number; readonly multiplyAdds: number },
  sequence = input.sequence,
): Frame {
  const { source: _source, levels: _levels, ...given } = input
  const output: Frame = { ...given, sequence, kind: 'dense' }
  site.row({ type, input, output, ...cost, keepsOutput: true, neurons: 0, trainingOnly: false })
  return output
}
