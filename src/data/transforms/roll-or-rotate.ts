import { UsageError } from '../../base/index.ts'
import type { ImageBuffer, Transform } from './transform.ts'

/**
 * For frames of events: moves an image by up to `pixels` each way, what leaves on one side coming in on the other, or turns
 * it by up to `degrees` about its centre; a coin decides which. Counts stay counts: pixels are taken, not averaged.
 * @throws UsageError if `pixels` is no whole number of at least 1, or `degrees` is not positive
 */
export function rollOrRotate(options: { pixels: number; degrees: number }): Transform {
  const { pixels, degrees } = options
  if (!Number.isSafeInteger(pixels) || pixels < 1 || !(degrees > 0 && degrees <= 180)) {
    throw new UsageError({
      what: 'roll or rotate: out of range',
      expected: 'whole pixels of at least 1, degrees above 0 and up to 180',
      got: `${pixels} pixels, ${degrees} degrees`,
    })
  }
  return {
    name: 'roll-or-rotate',
    options: { pixels, degrees },
    apply(image, random) {
      const { height, width } = image
      if (random.uniform() < 0.5) {
        const down = random.below(2 * pixels + 1) - pixels
        const right = random.below(2 * pixels + 1) - pixels
        moved(image, (y, x) => [modulo(y - down, height), modulo(x - right, width)])
        return
      }
      const angle = ((2 * random.uniform() - 1) * degrees * Math.PI) / 180
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
      const [midY, midX] = [(height - 1) / 2, (width - 1) / 2]
      moved(image, (y, x) => [
        Math.round(midY + sin * (x - midX) + cos * (y - midY)),
        Math.round(midX + cos * (x - midX) - sin * (y - midY)),
      ])
    },
  }
}

function modulo(a: number, size: number): number {
  return ((a % size) + size) % size
}

/** Each pixel from another place; from outside comes zero. */
function moved(image: ImageBuffer, from: (y: number, x: number) => readonly [number, number]): void {
  const { values, spare, height, width, channels } = image
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const [row, column] = from(y, x)
      const inside = row >= 0 && row < height && column >= 0 && column < width
      const source = (row * width + column) * channels
      for (let c = 0; c < channels; c++) spare[at + c] = inside ? values[source + c] : 0
    }
  }
  image.values = spare
  image.spare = values
}
