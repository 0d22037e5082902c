import type { AdamWOptions, Handle, SgdOptions } from '../backend.ts'
import { denseOf, type HostHandle, type Memory, valuesOf } from './memory.ts'

export function accumulate(target: HostHandle, source: HostHandle, factor: number): void {
  const to = denseOf(target)
  const from = valuesOf(source)
  for (let i = 0; i < to.length; i++) to[i] += factor * from[i]
}

export function scale(target: HostHandle, factor: number): void {
  const values = denseOf(target)
  for (let i = 0; i < values.length; i++) values[i] *= factor
}

export function clamp(target: HostHandle, min: number, max: number): void {
  const values = denseOf(target)
  for (let i = 0; i < values.length; i++) values[i] = Math.min(Math.max(values[i], min), max)
}

export function clipNorm(memory: Memory, gradients: readonly HostHandle[], maxNorm: number): Handle {
  let squares = 0
  for (const gradient of gradients) for (const value of denseOf(gradient)) squares += value * value
  const norm = Math.sqrt(squares)
  if (norm > maxNorm) for (const gradient of gradients) scale(gradient, maxNorm / norm)
  return memory.wrap([1], Float64Array.of(norm))
}

/** Whether all values of the guards of an update are finite. */
export function allFinite(guards: readonly HostHandle[]): boolean {
  return guards.every((guard) => denseOf(guard).every(Number.isFinite))
}

export function sgd(parameter: HostHandle, gradient: HostHandle, velocity: HostHandle | null, o: SgdOptions): void {
  const p = denseOf(parameter)
  const g = denseOf(gradient)
  const v = velocity && denseOf(velocity)
  for (let i = 0; i < p.length; i++) {
    let change = g[i] + o.weightDecay * p[i]
    if (v) {
      v[i] = o.momentum * v[i] + change
      change = o.nesterov ? change + o.momentum * v[i] : v[i]
    }
    p[i] -= o.learningRate * change
  }
}

export function adamW(
  parameter: HostHandle,
  gradient: HostHandle,
  first: HostHandle,
  second: HostHandle,
  o: AdamWOptions,
): void {
  const p = denseOf(parameter)
  const g = denseOf(gradient)
  const m = denseOf(first)
  const v = denseOf(second)
  const firstBias = 1 - o.beta1 ** o.update
  const secondBias = 1 - o.beta2 ** o.update
  for (let i = 0; i < p.length; i++) {
    m[i] = o.beta1 * m[i] + (1 - o.beta1) * g[i]
    v[i] = o.beta2 * v[i] + (1 - o.beta2) * g[i] * g[i]
    p[i] *= 1 - o.learningRate * o.weightDecay
    p[i] -= (o.learningRate * (m[i] / firstBias)) / (Math.sqrt(v[i] / secondBias) + o.eps)
  }
}
