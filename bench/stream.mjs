import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashedUniform, sizeOf } from '../dist/base/index.js'
import { cProgram, planOf, wasmProgram } from '../dist/deploy/index.js'
import { loadExported } from '../dist/deploy/runtime.js'
import { clif, defaultBackend, modelNamed } from '../dist/node.js'
import { tensorOf } from '../dist/tensor/index.js'
import { loadZoo } from '../dist/zoo/index.js'
import { hasTorch, peerLatency } from './peer.mjs'
import { median, now } from './timing.mjs'

/** Shares of a frame's places that have an event in a step. */
const activities = [0.01, 0.05, 0.1, 0.2, 0.3]
/** The activity at which steps and images are timed. */
const usual = 0.1
const rounds = 15

const networks = {
  snn3: async () => ({ net: (await loadZoo('n-mnist-snn3')).net, T: 8 }),
  snn5: async () => ({
    net: firing(modelNamed('snn5')({ input: [32, 32, 3], classes: 10, neuron: clif(), T: 6 })),
    T: 6,
  }),
}

/** Weights large enough that untrained layers fire. */
function firing(net) {
  for (const p of net.parameters()) if (p.shape.length > 1) p.set(p.values.map((value) => 3 * value))
  return net
}

/** Places with an event, for each of some steps. */
function eventSteps(size, activity, steps) {
  return Array.from({ length: steps }, (_, t) => {
    const random = hashedUniform(size, t + 1)
    return Uint32Array.from(random.keys()).filter((i) => random[i] < activity)
  })
}

/** Seconds a step with each list of events in turn, so that a slow moment of the machine hits all: medians of rounds. */
async function inWasm(plan, all) {
  const net = await loadExported(wasmProgram(plan).bytes)
  const times = all.map(() => [])
  for (let round = -1; round < rounds; round++) {
    for (const [k, lists] of all.entries()) {
      const started = now()
      net.reset()
      for (const list of lists) net.stepEvents(list)
      // The first round warms up.
      if (round >= 0) times[k].push((now() - started) / lists.length)
    }
  }
  return times.map(median)
}

/** The same of a main that times passes over its events; null without gcc. */
function inC(plan, all) {
  if (spawnSync('gcc', ['--version']).error) return null
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-stream-'))
  try {
    const { source, header } = cProgram(plan, { name: 'net' })
    writeFileSync(join(folder, 'net.c'), source)
    writeFileSync(join(folder, 'net.h'), header)
    const passes = all.map((lists, k) => {
      const starts = lists.map((_, t) => lists.slice(0, t).reduce((sum, list) => sum + list.length, 0))
      const calls = lists.map((list, t) => `net_step_events(events${k} + ${starts[t]}, ${list.length});`)
      return `static const net_index events${k}[] = {${[...lists.flatMap((list) => [...list]), 0].join(',')}};
static void pass${k}(void) { net_reset(); ${calls.join(' ')} }`
    })
    writeFileSync(
      join(folder, 'main.c'),
      `#include <stdio.h>
#include <time.h>
#include "net.h"
${passes.join('\n')}
static void (*const passes[])(void) = {${all.map((_, k) => `pass${k}`).join(', ')}};
int main(void) {
  net_init();
  for (int round = 0; round < ${rounds}; round++) {
    for (int k = 0; k < ${all.length}; k++) {
      const clock_t started = clock();
      int count = 0;
      do { passes[k](); count++; } while (clock() - started < CLOCKS_PER_SEC / 100);
      printf("%.9g ", (double)(clock() - started) / CLOCKS_PER_SEC / count / ${all[0].length});
    }
    printf("\\n");
  }
  return 0;
}
`,
    )
    execFileSync('gcc', ['-std=c99', '-O2', 'net.c', 'main.c', '-o', 'net', '-lm'], { cwd: folder })
    const rows = execFileSync(join(folder, 'net')).toString().trim().split('\n')
    const table = rows.map((row) => row.trim().split(' ').map(Number))
    return all.map((_, k) => median(table.map((row) => row[k])))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The engine on one thread: a step of a stream, and all steps of an image at once. */
async function inEngine(net, T, lists) {
  const backend = await defaultBackend({ threads: 1 })
  try {
    await net.place(backend)
    const size = sizeOf(net.input)
    const frames = lists.map((list) => {
      const frame = new Float32Array(size)
      for (const place of list) frame[place] = 1
      return frame
    })
    const stream = net.stream()
    const steps = []
    for (let round = 0; round < rounds; round++) {
      stream.restart()
      const started = now()
      for (const frame of frames) await stream.step(frame)
      steps.push((now() - started) / frames.length)
    }
    stream.close()
    const x = new Float32Array(T * size)
    for (let t = 0; t < T; t++) x.set(frames[t], t * size)
    const images = []
    for (let round = 0; round < rounds; round++) {
      const started = now()
      backend.beginStep()
      const input = tensorOf(backend, [T, 1, ...net.input], x)
      await backend.read(net.forward(input, { backend, tape: null, training: false, T, key: 0 }).handle)
      backend.endStep()
      images.push(now() - started)
    }
    return { step: median(steps), image: median(images) }
  } finally {
    net.unplace()
    await backend.close()
  }
}

/** One sample at a time, on one thread: what a step and an image take, and how that grows with events. */
export async function measureStream() {
  const found = {}
  for (const [name, make] of Object.entries(networks)) {
    const { net, T } = await make()
    const plan = planOf(net)
    const size = sizeOf(net.input)
    const all = activities.map((activity) => eventSteps(size, activity, 2 * T))
    const [wasm, c] = [await inWasm(plan, all), inC(plan, all)]
    const byActivity = activities.map((activity, k) => {
      const events = all[k].reduce((sum, list) => sum + list.length, 0) / all[k].length
      return { activity, events, wasm: wasm[k], c: c?.[k] ?? null }
    })
    const timed = byActivity.find(({ activity }) => activity === usual)
    const engine = await inEngine(net, T, eventSteps(size, usual, 2 * T))
    const peer = hasTorch() ? await peerLatency(name, T) : null
    found[name] = {
      T,
      step: { wasm: timed.wasm, c: timed.c, engine: engine.step },
      imageOfEngine: engine.image,
      peer,
      byActivity,
    }
  }
  return found
}

const micro = (seconds) => (seconds === null ? 'not run' : `${(1e6 * seconds).toFixed(0)} us`)

/** PyTorch's times for an image, step by step and all steps at once, and how many times as long they are as ours. */
function peerLines(peer, { T, step, imageOfEngine }) {
  return Object.entries(peer).map(([mode, seconds]) => {
    const times = (ours) => (ours === null ? 'not run' : `${(seconds / ours).toFixed(1)}x`)
    const own = [times(T * step.wasm), times(step.c === null ? null : T * step.c), times(imageOfEngine)]
    const text = `WebAssembly ${own[0]}, C ${own[1]}, engine ${own[2]} as fast`
    return `  PyTorch      ${''.padEnd(10)} ${micro(seconds)} ${mode}; ${text}`
  })
}

export function streamText(found) {
  return Object.entries(found)
    .flatMap(([name, { T, step, imageOfEngine, peer, byActivity }]) => {
      const image = (seconds) => (seconds === null ? null : T * seconds)
      const rate = (seconds, events) =>
        seconds === null ? 'not run' : `${(events / seconds / 1e6).toFixed(1)} M events/s`
      return [
        `${name}, one thread, ${100 * usual} % of the input active: one step, and an image of ${T} steps`,
        `  WebAssembly  ${micro(step.wasm).padEnd(10)} ${micro(image(step.wasm))}`,
        `  C, gcc -O2   ${micro(step.c).padEnd(10)} ${micro(image(step.c))}`,
        `  the engine   ${micro(step.engine).padEnd(10)} ${micro(imageOfEngine)}`,
        ...(peer ? peerLines(peer, { T, step, imageOfEngine }) : ['  PyTorch      not run']),
        ...byActivity.map(({ activity, events, wasm, c }) => {
          const share = `${(100 * activity).toFixed(0)} %`.padStart(6)
          return `  ${share}  WebAssembly ${micro(wasm)}, ${rate(wasm, events)}; C ${micro(c)}, ${rate(c, events)}`
        }),
        ...['wasm', 'c'].flatMap((target) => {
          const at = (activity) => byActivity.find((one) => one.activity === activity)[target]
          return at(0.01) === null
            ? []
            : [`  ${target}: 1 % takes ${(at(0.01) / at(0.2)).toFixed(2)} of the time of 20 %`]
        }),
      ]
    })
    .join('\n')
}
