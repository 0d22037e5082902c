import { type Backend, type Comparison, createComparing, createInterpreter } from '../../backends/index.ts'
import type { SafetensorsFile } from '../../interop/index.ts'
import { absoluteDeviation, type Check, elementwiseDeviation, passes, relativeDeviation } from './deviation.ts'
import { cancelledByNorm, type NetworkValues, runNetwork } from './network.ts'
import { checkNeuron, runNeuron } from './neuron.ts'
import { neuronOf, type Reference, referenceOf, tensorIn } from './reference.ts'

export interface GoldenResult {
  readonly name: string
  readonly ok: boolean
  /** All deviations in one line. */
  readonly line: string
}

/**
 * Rebuilds what a reference file describes, on the interpreter and, operation by operation, on another backend, and
 * compares with the file's values. Networks run on the other backend once more, from end to end.
 * @param createOther null: the interpreter alone
 */
export async function checkGolden(
  name: string,
  file: SafetensorsFile,
  createOther: (() => Promise<Backend>) | null,
): Promise<GoldenResult> {
  const reference = referenceOf(name, file)
  const other = createOther ? await createOther() : null
  const seen: Comparison[] = []
  const comparing = other && createComparing(createInterpreter(), other, (comparison) => seen.push(comparison))
  const parts = await (reference.metadata.model === undefined ? neuronParts : networkParts)(
    reference,
    comparing ?? createInterpreter(),
    other,
  )
  await comparing?.close()
  if (other) parts.push({ ok: seen.every((c) => c.ok), text: summary(`${other.info.name} by operation`, seen) })
  const ok = parts.every((part) => part.ok)
  return { name, ok, line: `${ok ? 'ok  ' : 'FAIL'} ${name}: ${parts.map((part) => part.text).join('; ')}` }
}

/** What one way of looking at a reference found. */
interface Part {
  readonly ok: boolean
  readonly text: string
}

function partOf(who: string, checks: readonly Check[]): Part {
  return { ok: checks.every(passes), text: `${who} ${checks.map(text).join(', ')}` }
}

function text(check: Check): string {
  return `${check.what} ${check.deviation.toExponential(1)}${passes(check) ? '' : ` > ${check.tolerance}`}`
}

async function neuronParts(reference: Reference, oracle: Backend): Promise<Part[]> {
  const checks = await checkNeuron(reference)
  await runNeuron(reference, oracle)
  return [partOf('interpreter', checks)]
}

/** Updates of the small network are repeated to the last; of the large ones, the first. */
async function networkParts(reference: Reference, oracle: Backend, other: Backend | null): Promise<Part[]> {
  const all = reference.metadata.model === 'snn5'
  const updates = all ? tensorIn(reference, 'losses').length : 1
  const values = await runNetwork(reference, oracle, updates)
  const checks = [...firstUpdate(reference, values), ...(all ? laterUpdates(reference, values) : [])]
  const parts = [oracleParts(reference, values, checks)]
  if (other) parts.push(endToEnd(reference, other, await runNetwork(reference, other, updates), values))
  return parts
}

/** Spikes of a float32 reference may have flipped; where its firing rates tell so, the rest is printed only. */
function oracleParts(reference: Reference, values: NetworkValues, checks: readonly Check[]): Part {
  const spiking = neuronOf(reference).program.spiking
  const flipped = !reference.double && spiking && rates(reference, values, 0).deviation > 1e-9
  const part = partOf('interpreter', flipped ? checks.map(unjudged) : checks)
  return flipped ? { ...part, text: `${part.text} (not judged: spikes of the reference flipped)` } : part
}

function unjudged(check: Check): Check {
  return { ...check, tolerance: Number.POSITIVE_INFINITY }
}

/** The other backend on its own: judged only where no spike differs from the interpreter's. */
function endToEnd(reference: Reference, other: Backend, own: NetworkValues, oracle: NetworkValues): Part {
  const layers = own.spikes.length / own.losses.length
  const flips = own.spikes.map((bytes, i) => flippedIn(bytes, oracle.spikes[i]))
  const inFirst = sum(flips.slice(0, layers))
  const inAll = sum(flips)
  const losses = tensorIn(reference, 'losses').slice(0, own.losses.length)
  const logits: Check = {
    what: 'logits',
    deviation: relativeDeviation(own.logits, tensorIn(reference, 'logits')),
    tolerance: 1e-4,
  }
  const loss: Check = { what: 'losses', deviation: elementwiseDeviation(own.losses, losses, 0), tolerance: 1e-3 }
  const checks = [inFirst > 0 ? unjudged(logits) : logits, inAll > 0 ? unjudged(loss) : loss]
  const part = partOf(`${other.info.name} end to end`, checks)
  return { ...part, text: `${part.text}, flipped spikes ${inAll}${inAll > 0 ? ' (not judged)' : ''}` }
}

function flippedIn(a: Uint8Array, b: Uint8Array): number {
  let count = 0
  for (let i = 0; i < a.length; i++) count += (a[i] ^ b[i]) & 1
  return count
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}

/** A float32 reference is itself only so near; its spikes may flip. */
function firstUpdate(reference: Reference, values: NetworkValues): Check[] {
  const tolerance = reference.double ? 1e-8 : 1e-4
  const cancelled = cancelledByNorm(reference)
  const norms = tensorIn(reference, 'gradient_norms')
  const largest = Array.from(norms).reduce((a, b) => Math.max(a, b), 0)
  const split = (wanted: boolean, from: ArrayLike<number>) => Array.from(from).filter((_, i) => cancelled[i] === wanted)
  return [
    { what: 'logits', deviation: relativeDeviation(values.logits, tensorIn(reference, 'logits')), tolerance },
    ...(neuronOf(reference).program.spiking ? [rates(reference, values, tolerance)] : []),
    {
      what: 'gradient norms',
      deviation: elementwiseDeviation(split(false, values.gradientNorms), split(false, norms), 0),
      tolerance: reference.double ? tolerance : 10 * tolerance,
    },
    {
      what: 'cancelled gradients',
      deviation: absoluteDeviation(split(true, values.gradientNorms), split(true, norms)) / largest,
      tolerance,
    },
    { what: 'loss', deviation: relativeDeviation([values.losses[0]], [tensorIn(reference, 'losses')[0]]), tolerance },
  ]
}

/** A reference of neurons that do not spike has no firing rates. */
function rates(reference: Reference, values: NetworkValues, tolerance: number): Check {
  const expected = tensorIn(reference, 'firing_rates')
  return { what: 'rates', deviation: absoluteDeviation(values.firingRates, expected), tolerance }
}

/** Nothing tells whether spikes of a float32 reference flipped in a later update: its values are printed only. */
function laterUpdates(reference: Reference, values: NetworkValues): Check[] {
  const tolerance = reference.double ? 1e-8 : Number.POSITIVE_INFINITY
  return [
    { what: 'losses', deviation: elementwiseDeviation(values.losses, tensorIn(reference, 'losses'), 0), tolerance },
    {
      what: 'logits after training',
      deviation: relativeDeviation(values.evalLogits, tensorIn(reference, 'eval_logits')),
      tolerance,
    },
  ]
}

function summary(name: string, seen: readonly Comparison[]): string {
  const dense = seen.filter((c) => c.spikes === null)
  const worst = dense.reduce((a, b) => (b.deviation > a.deviation ? b : a), dense[0])
  const total = (of: 'atEdge' | 'afterwards' | 'wrong') => seen.reduce((sum, c) => sum + (c.spikes?.[of] ?? 0), 0)
  const bad = seen.filter((c) => !c.ok)
  return [
    `${name} ${seen.length} outputs, worst ${worst.deviation.toExponential(1)} (${worst.operation} ${worst.output})`,
    `spikes at an edge ${total('atEdge')}, after one ${total('afterwards')}, wrong ${total('wrong')}`,
    ...bad.slice(0, 4).map((c) => `failed #${c.index} ${c.operation} ${c.output} ${c.deviation.toExponential(1)}`),
    ...(bad.length > 4 ? [`and ${bad.length - 4} more`] : []),
  ].join(', ')
}
