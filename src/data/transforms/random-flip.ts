import type { Transform } from './transform.ts'

/** Mirrors left and right with probability one half. */
export function randomFlip(): Transform {
  return {
    name: 'random-flip',
    options: {},
    apply({ values, height, width, channels }, random) {
      if (random.uniform() >= 0.5) return
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width >> 1; x++) {
          const left = (y * width + x) * channels
          const right = (y * width + width - 1 - x) * channels
          for (let c = 0; c < channels; c++) {
            const kept = values[left + c]
            values[left + c] = values[right + c]
            values[right + c] = kept
          }
        }
      }
    },
  }
}
