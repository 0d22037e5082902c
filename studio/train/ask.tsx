import { useState } from 'preact/hooks'
import { Canvas, type Pen } from '../parts/canvas.tsx'
import { Card } from '../parts/choice.tsx'
import type { LayerSpikes } from './messages.ts'
import type { Racer } from './racer.ts'

/** Asks the networks about an image, and shows which of their neurons fire. */
export function Ask({ racers }: { readonly racers: readonly Racer[] }) {
  const { samples, classes, shape } = racers[0].state
  const [pixels, setPixels] = useState<Uint8Array>(() => new Uint8Array(shape.reduce((a, b) => a * b, 1)))
  const [last, setLast] = useState<readonly [number, number] | null>(null)
  const put = (next: Uint8Array) => {
    setPixels(next)
    for (const racer of racers) racer.send({ kind: 'ask', pixels: next })
  }
  const [height, width, channels] = shape
  const point = (x: number, y: number, pressed: boolean) => {
    const here = [x * width, y * height] as const
    setLast(pressed ? here : null)
    if (pressed) put(stroked(pixels, shape, last ?? here, here))
  }
  return (
    <Card title="Ask it">
      <p class="small quiet">Choose an image that it has not learned from, or draw one.</p>
      <div class="row" style={{ alignItems: 'flex-start' }}>
        <div style={{ width: '10rem' }}>
          <Canvas
            square
            height={0}
            label="The image that is asked about"
            draw={(pen) => paint(pen, pixels, shape)}
            onPoint={point}
          />
          <button type="button" class="plain" onClick={() => put(new Uint8Array(height * width * channels))}>
            clear
          </button>
        </div>
        <div class="row" style={{ flex: '1 1 12rem' }}>
          {samples.map(({ pixels: own, label }, k) => (
            <button
              type="button"
              class="plain"
              style={{ padding: 0, width: '3rem' }}
              onClick={() => put(own)}
              aria-label={`test image: ${classes[label]}`}
              key={k}
            >
              <Canvas square height={0} label="" draw={(pen) => paint(pen, own, shape)} />
            </button>
          ))}
        </div>
      </div>
      <div class="grid">
        {racers.map(
          ({ neuron, state }, i) =>
            state.answer && (
              <Answer name={neuron.name} colour={`n${i}`} classes={classes} answer={state.answer} key={i} />
            ),
        )}
      </div>
    </Card>
  )
}

interface AnswerProps {
  readonly name: string
  readonly colour: string
  readonly classes: readonly string[]
  readonly answer: { readonly shares: readonly number[]; readonly layers: readonly LayerSpikes[] }
}

function Answer({ name, colour, classes, answer }: AnswerProps) {
  const best = [...answer.shares.entries()].sort(([, a], [, b]) => b - a).slice(0, 4)
  return (
    <div class="stack">
      <h3 style={{ color: `var(--${colour})` }}>{name}</h3>
      {best.map(([label, share]) => (
        <div class="slider" key={label}>
          <span>{classes[label]}</span>
          <meter value={share} style={{ width: '100%' }} aria-label={classes[label]} />
          <span class="number">{(100 * share).toFixed(0)} %</span>
        </div>
      ))}
      {answer.layers.map((layer, k) => (
        <figure style={{ margin: 0 }} key={layer.name}>
          <figcaption class="small quiet">
            Layer {k + 1}: {layer.shape.join(' x ')}, {(100 * shareOf(layer.spikes)).toFixed(1)} % fire at a time
          </figcaption>
          <Canvas
            height={heightOf(layer)}
            label={`Spikes of layer ${k + 1}, summed over time`}
            draw={(pen) => paintSpikes(pen, layer)}
          />
        </figure>
      ))}
    </div>
  )
}

function shareOf(spikes: Uint8Array): number {
  return spikes.reduce((sum, spike) => sum + spike, 0) / Math.max(1, spikes.length)
}

function paint({ context, width, height }: Pen, pixels: Uint8Array, [h, w, channels]: readonly number[]): void {
  const image = new ImageData(w, h)
  for (let i = 0; i < h * w; i++) {
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = pixels[i * channels + (channels >= 3 ? k : 0)]
    image.data[4 * i + 3] = 255
  }
  const small = new OffscreenCanvas(w, h)
  small.getContext('2d')?.putImageData(image, 0, 0)
  context.imageSmoothingEnabled = false
  context.drawImage(small, 0, 0, width, height)
}

/** Channels in a row: enough that a layer is wider than it is tall. */
function columnsOf([height, width, channels]: readonly number[]): number {
  return Math.min(channels, Math.max(1, Math.ceil(Math.sqrt((channels * 3 * height) / width))))
}

function sizes(shape: readonly number[]): readonly [number, number, number] {
  const [height, width, channels] = shape.length === 3 ? shape : [1, 1, shape[0]]
  return [height, width, channels]
}

function heightOf({ shape }: LayerSpikes): number {
  const [height, width, channels] = sizes(shape)
  const columns = columnsOf([height, width, channels])
  const rows = Math.ceil(channels / columns)
  return Math.min(260, Math.max(24, (300 * rows * (height + 1)) / (columns * (width + 1))))
}

/** Each channel as a small map of how often its neurons fired. */
function paintSpikes(pen: Pen, { shape, spikes }: LayerSpikes): void {
  const [h, w, channels] = sizes(shape)
  const columns = columnsOf([h, w, channels])
  const rows = Math.ceil(channels / columns)
  const frame = h * w * channels
  const T = spikes.length / frame
  const image = new ImageData(columns * (w + 1), rows * (h + 1))
  const bright = Number.parseInt(pen.colour('spike').slice(1), 16)
  const dark = Number.parseInt(pen.colour('soft').slice(1), 16)
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < h * w; i++) {
      let count = 0
      for (let t = 0; t < T; t++) count += spikes[t * frame + i * channels + c]
      const y = Math.floor(c / columns) * (h + 1) + Math.floor(i / w)
      const at = 4 * (y * image.width + (c % columns) * (w + 1) + (i % w))
      for (let k = 0; k < 3; k++) {
        const [from, to] = [(dark >> (16 - 8 * k)) & 255, (bright >> (16 - 8 * k)) & 255]
        image.data[at + k] = from + ((to - from) * count) / T
      }
      image.data[at + 3] = 255
    }
  }
  const small = new OffscreenCanvas(image.width, image.height)
  small.getContext('2d')?.putImageData(image, 0, 0)
  const scale = Math.min(pen.width / image.width, pen.height / image.height)
  pen.context.imageSmoothingEnabled = false
  pen.context.drawImage(small, 0, 0, image.width * scale, image.height * scale)
}

/** A soft line between two places, about two pixels wide. */
function stroked(
  pixels: Uint8Array,
  [height, width, channels]: readonly number[],
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
): Uint8Array {
  const next = pixels.slice()
  const steps = Math.ceil(Math.hypot(x1 - x0, y1 - y0) * 2) + 1
  for (let k = 0; k <= steps; k++) {
    const [x, y] = [x0 + ((x1 - x0) * k) / steps, y0 + ((y1 - y0) * k) / steps]
    for (let i = 0; i < height * width; i++) {
      const distance = Math.hypot((i % width) + 0.5 - x, Math.floor(i / width) + 0.5 - y)
      const value = 230 * Math.min(1, Math.max(0, 1.9 - distance))
      for (let c = 0; c < channels; c++) next[i * channels + c] = Math.max(next[i * channels + c], value)
    }
  }
  return next
}
