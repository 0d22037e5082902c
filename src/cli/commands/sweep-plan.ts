import { join } from 'node:path'
import { protocolText, withProtocol } from '../../experiments/index.ts'
import type { SweepPoint } from '../../report/index.ts'
import { checkVaried, combinations, runName, type sweepSchema, type TrainingOptions } from '../../runs/index.ts'
import type { Invocation } from '../command.ts'

/** One combination of what a sweep varies; tau and k only where they were given. */
export interface Point {
  readonly neuron: string
  readonly tau?: number
  readonly T: number
  readonly k?: number
  /** Of other options. */
  readonly others: { readonly [name: string]: number | string | boolean }
}

export interface PlannedRun {
  readonly point: Point
  readonly name: string
  readonly options: TrainingOptions
}

/** Every combination, seeds innermost. */
export function plannedRuns(
  dataset: string,
  { options: all, given, surroundings }: Pick<Invocation<typeof sweepSchema>, 'options' | 'given' | 'surroundings'>,
): { folder: string; runs: PlannedRun[] } {
  const { neurons, tau: taus, T: steps, bptt, vary, seeds, name, json: _, config: __, jobs: ___, ...others } = all
  const { on: ____, slurm: _____, dryRun: ______, ...rest } = others
  const fixed = withProtocol(rest, given, dataset)
  checkVaried(vary)
  const protocol = protocolText(rest, given, dataset)
  if (protocol !== '') surroundings.writeError(`${protocol}\n`)
  const first = { ...fixed, T: steps[0], neuron: neurons.join('-'), neuronOptions: undefined, bptt: undefined }
  const folder = join(rest.out, name ?? `sweep-${runName(dataset, first, surroundings.clock())}`)
  const points = neurons.flatMap((neuron) =>
    orNone(taus).flatMap((tau) =>
      steps.flatMap((T) =>
        orNone(bptt).flatMap((k) =>
          combinations(vary).map((others): Point => {
            return { neuron, T, ...(tau === undefined ? {} : { tau }), ...(k === undefined ? {} : { k }), others }
          }),
        ),
      ),
    ),
  )
  const runs = points.flatMap((point) =>
    Array.from({ length: seeds }, (_unused, i) => {
      const seed = fixed.seed + i
      const { neuron, tau, T, k } = point
      const neuronOptions = tau === undefined ? undefined : { tau }
      return {
        point,
        name: `${pointName(point)}-seed${seed}`,
        options: { ...fixed, ...point.others, neuron, neuronOptions, T, bptt: k, seed },
      }
    }),
  )
  return { folder, runs }
}

function orNone(values: readonly number[]): readonly (number | undefined)[] {
  return values.length > 0 ? values : [undefined]
}

function pointName({ neuron, tau, T, k, others }: Point): string {
  const short = neuron.replace(/^.*[\\/]|\.json$/g, '')
  const own = `${short}${tau === undefined ? '' : `-tau${tau}`}-T${T}${k === undefined ? '' : `-k${k}`}`
  const more = Object.entries(others).map(([name, value]) => `-${name}${String(value).replace(/[^\w.+]/g, '_')}`)
  return `${own}${more.join('')}`
}

/** Where a point lies in pictures: what is a number is an axis. */
export function placeOf({ neuron, others, ...axes }: Point): SweepPoint {
  const numbers = Object.entries(others).filter((one): one is [string, number] => typeof one[1] === 'number')
  return { neuron, axes: { ...axes, ...Object.fromEntries(numbers) } }
}

/** What was asked for, as the file of a sweep keeps it: where it lies and runs may change. */
export function askedText(
  dataset: string,
  { options, given }: Pick<Invocation<typeof sweepSchema>, 'options' | 'given'>,
): string {
  const { out: _, name: __, config: ___, json: ____, on: _____, slurm: ______, dryRun: _______, ...kept } = options
  const own = Object.fromEntries(Object.entries(kept).filter(([name]) => given.has(name)))
  return `${JSON.stringify({ dataset, options: own }, undefined, 2)}\n`
}
