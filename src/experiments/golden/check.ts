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
 * compares with the file's values.
 * @param createOther null: the interpreter alone
 */
export async function checkGolden(
  name: string,
  file: SafetensorsFile,
  createOther: (() => Promise<Backend>) | null,
): Promise<GoldenResult> {
  const reference = referenceOf(name, file)
  const network = reference.metadata.model !== undefined
  const checks = network ? await checkNetwork(reference) : await checkNeuron(reference)
  const other = createOther ? await createOther() : null
  const judged = other ? await compareWith(reference, other, network) : null
  const ok = checks.every(passes) && (judged?.ok ?? true)
  const parts = [`interpreter ${checks.map(text).join(', ')}`, ...(judged ? [judged.line] : [])]
  return { name, ok, line: `${ok ? 'ok  ' : 'FAIL'} ${name}: ${parts.join('; ')}` }
}

function text(check: Check): string {
  return `${check.what} ${check.deviation.toExponential(1)}${passes(check) ? '' : ` > ${check.tolerance}`}`
}

/** Updates of the small network are repeated to the last; of the large ones, the first. */
async function checkNetwork(reference: Reference): Promise<Check[]> {
  const all = reference.metadata.model === 'snn5'
  const losses = tensorIn(reference, 'losses')
  const values = await runNetwork(reference, createInterpreter(), all ? losses.length : 1)
  return [...firstUpdate(reference, values), ...(all ? laterUpdates(reference, values) : [])]
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

/** Each update multiplies a rounding difference. */
function laterUpdates(reference: Reference, values: NetworkValues): Check[] {
  const tolerance = reference.double ? 1e-8 : 1e-3
  return [
    { what: 'losses', deviation: elementwiseDeviation(values.losses, tensorIn(reference, 'losses'), 0), tolerance },
    {
      what: 'logits after training',
      deviation: relativeDeviation(values.evalLogits, tensorIn(reference, 'eval_logits')),
      tolerance,
    },
  ]
}

async function compareWith(
  reference: Reference,
  other: Backend,
  network: boolean,
): Promise<{ ok: boolean; line: string }> {
  const seen: Comparison[] = []
  const comparing = createComparing(createInterpreter(), other, (comparison) => seen.push(comparison))
  if (network) await runNetwork(reference, comparing, 1)
  else await runNeuron(reference, comparing)
  await comparing.close()
  return { ok: seen.every((c) => c.ok), line: summary(other.info.name, seen) }
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
