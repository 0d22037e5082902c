import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sizeOf } from '../../base/index.ts'
import { type CProgram, cProgram } from '../c/index.ts'
import type { FixedPlan } from '../fixed/index.ts'
import { memoryOf } from '../memory.ts'
import type { Plan } from '../plan/index.ts'
import type { ExportedStep } from './follow.ts'

/** Whether a program is on the path. */
export const isInstalled = (program: string): boolean => !spawnSync(program, ['--version']).error

export const strictFlags = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-O2']

/** Works in a folder of its own, which goes afterwards. */
export function inFolder<Result>(work: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-c-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function writeProgram(folder: string, program: CProgram): void {
  writeFileSync(join(folder, 'net.c'), program.source)
  writeFileSync(join(folder, 'net.h'), program.header)
  writeFileSync(join(folder, 'net_main.c'), program.example)
}

/** Reads frames from standard input, and writes each step's outputs, then each watched layer's count and list. */
function harness(plan: Plan, layers: readonly number[], T: number): string {
  const { lists, numbers } = memoryOf(plan, { reuse: false })
  const size = sizeOf(plan.values[0].shape)
  const outputs = sizeOf(plan.values[plan.output].shape)
  const written = layers.map((ref) =>
    lists.has(ref)
      ? `{ uint32_t n = counts[${ref}]; fwrite(&n, 4, 1, stdout); for (uint32_t i = 0; i < n; i++) { uint32_t at = lists[${lists.get(ref)} + i]; fwrite(&at, 4, 1, stdout); } }`
      : `fwrite(numbers + ${numbers.get(ref)}, 4, 0, stdout);`,
  )
  return `#include <stdio.h>
#include "net.c"
int main(void) {
  static net_number frame[${size}];
  uint32_t step = 0;
  net_init();
  while (fread(frame, 4, ${size}, stdin) == ${size}) {
    if (step++ % ${T}u == 0) net_reset();
    net_step(frame);
    fwrite(net_outputs(), 4, ${outputs}, stdout);
    ${written.join('\n    ')}
  }
  return 0;
}
`
}

/**
 * A plan as C, compiled and run for some frames.
 * @returns each step's outputs and spikes, as `followed` takes them; of a plan of whole numbers, those
 */
export function compiledSteps(
  given: Plan | FixedPlan,
  frames: readonly Float32Array[],
  T = frames.length,
): ExportedStep {
  const plan = 'math' in given ? given.plan : given
  const math = 'math' in given ? given.math : null
  const layers = plan.steps.flatMap((step, at) => {
    return step.op === 'neurons' && plan.values[step.to].kind === 'spikes' ? [{ at, ref: step.to }] : []
  })
  const bytes = inFolder((folder) => {
    writeProgram(folder, cProgram(given, { name: 'net', reuse: false }))
    execFileSync('gcc', [...strictFlags, '-c', 'net.c', '-o', 'net.o'], { cwd: folder })
    writeFileSync(
      join(folder, 'harness.c'),
      harness(
        plan,
        layers.map(({ ref }) => ref),
        T,
      ),
    )
    execFileSync('gcc', [...strictFlags, 'harness.c', '-o', 'harness', '-lm'], { cwd: folder })
    const written = math ? frames.map((frame) => Int32Array.from(frame, (value) => math.from(value))) : frames
    const input = Buffer.concat(written.map(({ buffer }) => Buffer.from(buffer)))
    return execFileSync(join(folder, 'harness'), { input, maxBuffer: 2 ** 30 })
  })
  const outputs = sizeOf(plan.values[plan.output].shape)
  let at = 0
  return () => {
    const read = (place: number) => (math ? bytes.readInt32LE(place) : bytes.readFloatLE(place))
    const made = Float64Array.from({ length: outputs }, (_, k) => read(at + 4 * k))
    at += 4 * outputs
    const fired = new Map<number, Uint8Array>()
    for (const layer of layers) {
      const marks = new Uint8Array(sizeOf(plan.values[layer.ref].shape))
      const count = bytes.readUInt32LE(at)
      for (let i = 0; i < count; i++) marks[bytes.readUInt32LE(at + 4 + 4 * i)] = 1
      at += 4 + 4 * count
      fired.set(layer.at, marks)
    }
    return { outputs: made, fired }
  }
}
