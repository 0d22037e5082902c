import { basename, dirname, join } from 'node:path'
import { percentText, UsageError, writeWhole } from '../../base/index.ts'
import {
  cProgram,
  type FixedPlan,
  fixedPlan,
  judgeFixed,
  judgePlan,
  onnxSequence,
  onnxStep,
  type Plan,
  type PlanJudgement,
  planOf,
  quantised,
  type WeightType,
  wasmProgram,
  worstCase,
} from '../../deploy/index.ts'
import type { WholeType } from '../../nn/index.ts'
import { checkpointTraining, frameSamples, judgedImages } from '../../runs/index.ts'
import type { Checkpoint } from '../../train/index.ts'
import { type DemoFacts, demoPage } from '../demo-page.ts'
import { createProgress } from '../progress.ts'
import type { Surroundings } from '../surroundings.ts'
import { tableText } from '../table.ts'

export const programTargets = ['c', 'wasm', 'onnx'] as const
export type ProgramTarget = (typeof programTargets)[number]

export interface ProgramOptions {
  readonly out: string
  readonly to: ProgramTarget
  readonly weights: WeightType
  readonly arithmetic: 'float' | 'fixed'
  readonly demo: boolean
  readonly data?: string | undefined
  readonly samples: number
  readonly calibration: number
}

/** Writes a network as a program, and says what it costs and what its weights change. */
export async function exportProgram(
  { net, training }: Pick<Checkpoint, 'net' | 'training'>,
  file: string,
  options: ProgramOptions,
  surroundings: Surroundings,
): Promise<void> {
  const { out, to, weights, demo } = options
  checkArithmetic(options)
  if (demo && to !== 'wasm') {
    throw new UsageError({ what: 'a demo page runs a WebAssembly module', expected: '--to wasm', got: `--to ${to}` })
  }
  const exact = planOf(net)
  const known = demo || weights !== 'float32' ? checkpointTraining(training, file) : null
  const small = known && weights !== 'float32' ? await smaller(exact, file, known, options, surroundings) : null
  const plan = small?.plan ?? exact
  const write = (text: string) => surroundings.write(text)
  const rows = worstCase(plan).map(({ layer, operations }) => [layer, operations.toLocaleString('en')])
  write(`${tableText(['layer', 'operations a step, at worst'], rows)}\n\n`)
  const total = worstCase(plan).reduce((sum, { operations }) => sum + operations, 0)
  write(`worst case  ${total.toLocaleString('en')} operations a step; sums of weights cost as many as spikes come\n`)
  if (to === 'c') await writeC(small?.fixed ?? plan, out, write)
  else if (to === 'onnx') {
    const models = { [out]: onnxStep(plan), [out.replace(/\.onnx$/, '-sequence.onnx')]: onnxSequence(plan) }
    for (const [path, bytes] of Object.entries(models)) {
      await writeWhole(path, bytes)
      write(`written to ${path}, ${bytes.length.toLocaleString('en')} bytes\n`)
    }
  } else {
    const { bytes, memory, stateBytes } = wasmProgram(plan)
    await writeWhole(out, bytes)
    write(`module      ${bytes.length.toLocaleString('en')} bytes\n`)
    write(`memory      ${memory.toLocaleString('en')} bytes, ${stateBytes.toLocaleString('en')} of them state\n`)
    write(`written to ${out}\n`)
    if (!known || !demo) return
    const page = out.replace(/\.wasm$/, '.html')
    await writeWhole(page, new TextEncoder().encode(demoPage(bytes, demoFacts(exact, known))))
    write(`written to ${page}\n`)
  }
}

/** @throws UsageError where whole numbers are asked for of what has none */
function checkArithmetic({ arithmetic, to, weights }: ProgramOptions): void {
  if (arithmetic === 'float' || (to === 'c' && (weights === 'int8' || weights === 'int16'))) return
  throw new UsageError({
    what: 'whole numbers are for programs in C with whole weights',
    expected: '--to c, and --weights int8 or int16',
    got: `--to ${to} --weights ${weights}`,
  })
}

async function writeC(plan: Plan | FixedPlan, out: string, write: (text: string) => void): Promise<void> {
  const name = basename(out, '.c').replaceAll('-', '_')
  const program = cProgram(plan, { name })
  const folder = dirname(out)
  const files = { [`${name}.c`]: program.source, [`${name}.h`]: program.header, [`${name}_main.c`]: program.example }
  const bytes = (count: number) => `${count.toLocaleString('en')} bytes`
  write(`RAM         ${bytes(program.ram)}, ${bytes(program.stateBytes)} of them state; the stack on top\n`)
  write(`flash       ${bytes(program.weightBytes)} of weights, ${bytes(program.tableBytes)} of tables; code on top\n`)
  for (const [file, text] of Object.entries(files)) {
    await writeWhole(join(folder, file), new TextEncoder().encode(text))
    write(`written to ${join(folder, file)}\n`)
  }
}

/** The plan with smaller weights, perhaps all whole numbers, and a table of what that changes for test samples. */
async function smaller(
  exact: Plan,
  file: string,
  known: ReturnType<typeof checkpointTraining>,
  options: ProgramOptions,
  surroundings: Surroundings,
): Promise<{ plan: Plan; fixed?: FixedPlan }> {
  const { weights, arithmetic, data, samples, calibration } = options
  const { env } = surroundings
  const request = { known, dataset: undefined, options: { data }, file }
  const { datasets, T } = await judgedImages(request, { env, progress: createProgress(surroundings) })
  const facts = { known, shape: exact.values[0].shape, T, file }
  const calibrating = await frameSamples(datasets.train, calibration, facts)
  const judged = await frameSamples(datasets.test, samples, facts)
  const shown = calibrating.map(({ frames }) => frames)
  const plan = quantised(exact, weights, shown)
  const fixed = arithmetic === 'fixed' ? fixedPlan(exact, weights as WholeType, shown) : null
  const rows = [
    { name: 'float32', found: judgePlan(exact, judged) },
    { name: weights, found: judgePlan(plan, judged) },
    ...(fixed ? [{ name: `${weights}, fixed`, found: judgeFixed(fixed, judged) }] : []),
  ]
  surroundings.write(`${changeText(rows, calibrating.length)}\n`)
  if (fixed)
    surroundings.write(
      `numbers have ${fixed.math.bits} fraction bits; the largest met was ${fixed.largest.toPrecision(3)}\n`,
    )
  surroundings.write('\n')
  return { plan: fixed?.plan ?? plan, ...(fixed ? { fixed } : {}) }
}

/** @param judged the network as it is, and then what becomes of it */
function changeText(judged: readonly { name: string; found: PlanJudgement }[], calibrated: number): string {
  const [before, after] = [judged[0].found, judged[judged.length - 1].found]
  const rows = judged.map(({ name, found: { correct, samples, spikes } }) => {
    return [name, percentText(samples === 0 ? undefined : correct / samples), spikes.toFixed(1)]
  })
  const table = tableText(['weights', 'accuracy', 'spikes a sample'], rows)
  const same = after.classes.filter((label, n) => label === before.classes[n]).length
  const of = `${before.samples} test samples`
  return `${table}\n${same} of ${of} get the same class; calibrated with ${calibrated} training samples`
}

function demoFacts({ name, values }: Plan, known: ReturnType<typeof checkpointTraining>): DemoFacts {
  const transform = known.transforms.find((one) => one.name === 'normalise')
  const { mean, deviation } = (transform?.options ?? {}) as { mean?: number[]; deviation?: number[] }
  return {
    name,
    input: values[0].shape,
    classes: known.classes ?? [],
    T: known.T,
    ...(mean && deviation ? { normalise: { mean, deviation } } : {}),
  }
}

/** The target, by `--to` or the file's ending. @throws UsageError where they are at odds, or say nothing */
export function programTarget(to: ProgramTarget | undefined, out: string | undefined): ProgramTarget | null {
  const ending = out?.match(/\.(c|wasm|onnx)$/)?.[1] as ProgramTarget | undefined
  if (to === undefined) return ending ?? null
  if (out !== undefined && ending === to) return to
  throw new UsageError({
    what: 'the file to write is missing, or its ending is another',
    expected: `--out FILE.${to}`,
    got: out ?? 'none',
  })
}
