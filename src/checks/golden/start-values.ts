import { hashedUniform, sizeOf } from '../../base/index.ts'
import type { Network } from '../../nn/index.ts'

/**
 * Fills a network as the reference values were made: each parameter from `hashedUniform`, its key its position in
 * PyTorch's order from 1. Matrices are uniform within sqrt(6 / fan-in), BatchNorm's scales in 0.75..1.25, biases
 * within 0.1; a neuron's own parameters keep their start.
 */
export function fillHashed(network: Network): void {
  network.parameters().forEach((parameter, i) => {
    const shape = parameter.outsideShape
    const values = hashedUniform(sizeOf(shape), i + 1)
    if (shape.length >= 2) {
      const bound = Math.sqrt(6 / sizeOf(shape.slice(1)))
      parameter.fromOutside(values.map((u) => (2 * u - 1) * bound))
    } else if (parameter.path.endsWith('.weight')) parameter.fromOutside(values.map((u) => 0.75 + 0.5 * u))
    else if (parameter.path.endsWith('.bias')) parameter.fromOutside(values.map((u) => 0.2 * u - 0.1))
  })
}

/** Images [1, B, size, size, channels] from key 300, uniform in -2..2, made in C, H, W order. */
export function hashedImages(batch: number, size: number, channels: number): Float64Array {
  const outside = hashedUniform(batch * channels * size * size, 300)
  const images = new Float64Array(outside.length)
  for (let i = 0; i < images.length; i++) {
    const c = i % channels
    const pixel = Math.floor(i / channels) % (size * size)
    const sample = Math.floor(i / (channels * size * size))
    images[i] = outside[(sample * channels + c) * size * size + pixel] * 4 - 2
  }
  return images
}
