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
import { comparePeer, hasTorch } from './peer.mjs'
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

/** Seconds a step, the median of rounds of all steps. @param {() => void} pass runs all steps */
function secondsOf(pass, steps) {
  pass()
  const times = Array.from({ length: rounds }, () => {
    const started = now()
    pass()
    return (now() - started) / steps
  })
  return median(times)
}

async function inWasm(plan, lists) {
  const net = await loadExported(wasmProgram(plan).bytes)
  return secondsOf(() => {
    net.reset()
    for (const list of lists) net.stepEvents(list)
  }, lists.length)
}

/** A main that times passes over its events; null without gcc. */
function inC(plan, lists) {
  if (spawnSync('gcc', ['--version']).error) return null
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-stream-'))
  try {
    const { source, header } = cProgram(plan, { name: 'net' })
    writeFileSync(join(folder, 'net.c'), source)
    writeFileSync(join(folder, 'net.h'), header)
    const starts = lists.map((_, t) => lists.slice(0, t).reduce((sum, list) => sum + list.length, 0))
    const calls = lists.map((list, t) => `net_step_events(events + ${starts[t]}, ${list.length});`)
    const all = lists.flatMap((list) => [...list])
    writeFileSync(
      join(folder, 'main.c'),
      `#include <stdio.h>
#include <time.h>
#include "net.h"
static const net_index events[] = {${[...all, 0].join(',')}};
static void pass(void) { net_reset(); ${calls.join(' ')} }
int main(void) {
  net_init();
  pass();
  for (int round = 0; round < ${rounds}; round++) {
    const clock_t started = clock();
    int passes = 0;
    do { pass(); passes++; } while (clock() - started < CLOCKS_PER_SEC / 50);
    printf("%.9g\\n", (double)(clock() - started) / CLOCKS_PER_SEC / passes / ${lists.length});
  }
  return 0;
}
`,
    )
    execFileSync('gcc', ['-std=c99', '-O2', 'net.c', 'main.c', '-o', 'net', '-lm'], { cwd: folder })
    return median(execFileSync(join(folder, 'net')).toString().trim().split('\n').map(Number))
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
    const byActivity = []
    for (const activity of activities) {
      const lists = eventSteps(size, activity, 2 * T)
      const events = lists.reduce((sum, list) => sum + list.length, 0) / lists.length
      byActivity.push({ activity, events, wasm: await inWasm(plan, lists), c: inC(plan, lists) })
    }
    const timed = byActivity.find(({ activity }) => activity === usual)
    const engine = await inEngine(net, T, eventSteps(size, usual, 2 * T))
    const peer = name === 'snn5' && hasTorch() ? await peerOf(name, T) : null
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

async function peerOf(model, T) {
  const {
    rounds: [{ peers }],
  } = await comparePeer({ model, batch: 1, T, threads: 1 }, 1, () => {})
  return peers
}

const micro = (seconds) => (seconds === null ? 'not run' : `${(1e6 * seconds).toFixed(0)} us`)

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
        `  PyTorch      ${peer ? JSON.stringify(peer) : 'not run'}`,
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
