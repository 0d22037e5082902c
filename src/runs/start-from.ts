import { createHash } from 'node:crypto'
import { shapeText } from '../base/index.ts'
import type { Network } from '../nn/index.ts'
import { fillWhatFits } from '../train/index.ts'
import { readNamed } from './read-named.ts'

/** Parameters that a line names. */
const most = 6

/**
 * Fills a network with the weights of a checkpoint, or of a network of the zoo, as far as they fit.
 * @param file as a person named it
 * @returns what the run's record says of it, and a line for people for what was taken and what starts anew
 * @throws UsageError where it cannot be read; FormatError where it is no checkpoint, or nothing fits
 */
export async function startFrom(network: Network, file: string): Promise<{ record: string; line: string }> {
  const bytes = await readNamed(file)
  const { taken, anew } = fillWhatFits(network, bytes, file)
  const hash = createHash('sha256').update(bytes).digest('hex')
  const rest = anew.map(
    ({ path, here, there }) => `${path} ${shapeText(here)} (${there ? `there ${shapeText(there)}` : 'not there'})`,
  )
  const line = `starts from ${file}: ${taken.length} of ${taken.length + anew.length} parameters and running statistics`
  const more = rest.length > most ? [`and ${rest.length - most} more`] : []
  const anewLine = [...rest.slice(0, most), ...more].join(', ')
  return { record: `SHA-256 ${hash}`, line: rest.length === 0 ? line : `${line}; anew: ${anewLine}` }
}
