import type { Backend } from '../backend.ts'
import { closable } from '../closable.ts'
import { lossValues } from '../loss-values.ts'
import { checked } from '../operations.ts'
import { conv2d, conv2dBackward } from './convolution.ts'
import { dropout, dropoutBackward } from './dropout.ts'
import { linear, linearBackward } from './linear.ts'
import { bytesIn, denseOf, Memory, valuesOf } from './memory.ts'
import { neuron, neuronBackward } from './neuron.ts'
import { pool, poolBackward } from './pool.ts'
import { activity, add, concat, slice, sumSteps } from './sequence.ts'
import { accumulate, adamW, allFinite, clamp, clipNorm, scale, sgd } from './updates.ts'

/**
 * The oracle: every operation in float64, as plain loops. Slow, and the measure of every other backend.
 * Using a released tensor is an error here, so that it shows up before a fast backend reads reused memory.
 */
export function createInterpreter(): Backend {
  const memory = new Memory()
  const open = memory.open.bind(memory)
  return closable(
    checked({
      info: { name: 'interpreter', threads: 1, features: [] },

      tensor: (shape, values) => memory.dense(shape, values),
      spikes: (shape, bytes, scaleOfAll) => memory.spikes(shape, bytes.slice(), scaleOfAll),
      write: (handle, values) => denseOf(open(handle)).set(values),
      read: async (handle) => valuesOf(open(handle)).slice(),
      readBytes: async (handle) => bytesIn(open(handle)).slice(),
      inPlace: (handle) => denseOf(open(handle)),
      release: (handle) => memory.release(handle),
      beginStep: () => memory.beginStep(),
      endStep: () => memory.endStep(),
      finish: async () => {},
      peakBytes: () => memory.peak,
      kernelChoices: () => [],
      close: async () => {},

      conv2d: (x, weight, bias, residual, options) =>
        conv2d(memory, open(x), open(weight), bias && open(bias), residual && open(residual), options),
      conv2dBackward: (x, weight, gradient, options, want) =>
        conv2dBackward(memory, open(x), open(weight), open(gradient), options, want),
      linear: (x, weight, bias) => linear(memory, open(x), open(weight), bias && open(bias)),
      linearBackward: (x, weight, gradient, want) =>
        linearBackward(memory, open(x), open(weight), open(gradient), want),
      neuron: (x, call) => neuron(memory, open(x), call),
      neuronBackward: (x, output, saved, gradient, state, call) => {
        open(output)
        return neuronBackward(memory, open(x), saved, open(gradient), state, call)
      },
      pool: (x, options) => pool(memory, open(x), options),
      poolBackward: (x, gradient, options, want) => poolBackward(memory, open(x), open(gradient), options, want),
      dropout: (x, p, key) => dropout(memory, open(x), p, key),
      dropoutBackward: (gradient, p, key) => dropoutBackward(memory, open(gradient), p, key),
      add: (a, b) => add(memory, open(a), open(b)),
      slice: (x, from, to) => slice(memory, open(x), from, to),
      concat: (parts) => concat(memory, parts.map(open)),
      reshape: (x, shape) => memory.view(open(x), shape),
      sumSteps: (x) => sumSteps(memory, open(x)),

      loss: (logits, targets, options) => {
        const inputs = [open(logits), open(targets)].map((x) => ({ shape: x.shape, values: denseOf(x) }))
        const { value, gradient } = lossValues(inputs[0], inputs[1], options)
        return { loss: memory.wrap([1], Float64Array.of(value)), gradient: memory.wrap(logits.shape, gradient) }
      },
      accumulate: (target, source, factor) => accumulate(open(target), open(source), factor),
      scale: (target, factor) => scale(open(target), factor),
      clamp: (target, min, max) => clamp(open(target), min, max),
      clipNorm: (gradients, maxNorm) => clipNorm(memory, gradients.map(open), maxNorm),
      sgd: (parameter, gradient, velocity, options, guards = []) => {
        if (allFinite(guards.map(open))) sgd(open(parameter), open(gradient), velocity && open(velocity), options)
      },
      adamW: (parameter, gradient, first, second, options, guards = []) => {
        if (allFinite(guards.map(open))) adamW(open(parameter), open(gradient), open(first), open(second), options)
      },
      activity: (x, counted = false) => activity(memory, open(x), counted),
    }),
  )
}
