import { Canvas, type Pen } from '../parts/canvas.tsx'
import type { Box } from './arrived.ts'
import type { LayerRun } from './messages.ts'

interface Places {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly columns: number
  readonly rows: number
}

/** A layer's channels side by side; a layer of a list is a raster of its neurons over time. */
function placesOf({ shape }: LayerRun): Places {
  const [height, width, channels] = shape.length === 3 ? shape : [1, 1, shape.reduce((a, b) => a * b, 1)]
  const columns = Math.min(channels, Math.max(1, Math.ceil(Math.sqrt((channels * 3 * height) / width))))
  return { height, width, channels, columns, rows: Math.ceil(channels / columns) }
}

interface LayerMapsProps {
  readonly layer: LayerRun
  readonly T: number
  /** -1: summed over time. */
  readonly step: number
  /** Called with the neuron that somebody chose. */
  readonly onNeuron?: (place: number) => void
  /** Said of it in place of how many of its neurons fire. */
  readonly about?: string
  /** Most pixels of height. */
  readonly tallest?: number
  /** A part of every channel that is framed. */
  readonly box?: Box | undefined
}

/** The output of a layer: maps of its channels at a step, or, of neurons in a list, which fired when. */
export function LayerMaps({ layer, T, step, onNeuron, about, tallest = 340, box }: LayerMapsProps) {
  const isList = layer.shape.length !== 3
  const places = placesOf(layer)
  const neurons = layer.output.length / T
  const height = isList
    ? Math.min(260, Math.max(60, neurons * 3))
    : Math.min(tallest, Math.max(30, (520 * places.rows * (places.height + 1)) / (places.columns * (places.width + 1))))
  const draw = (pen: Pen) => (isList ? raster(pen, layer, T, step) : maps(pen, layer, places, T, step))
  const point = (x: number, y: number, pressed: boolean, width: number) => {
    if (!pressed || !onNeuron) return
    if (isList) return onNeuron(Math.min(neurons - 1, Math.floor(y * neurons)))
    const scale = scaleOf(width, height, places)
    const column = Math.floor((x * width) / scale / (places.width + 1))
    const row = Math.floor((y * height) / scale / (places.height + 1))
    const channel = row * places.columns + column
    const px = Math.floor((x * width) / scale) % (places.width + 1)
    const py = Math.floor((y * height) / scale) % (places.height + 1)
    if (column >= places.columns || channel >= places.channels || px >= places.width || py >= places.height) return
    onNeuron((py * places.width + px) * places.channels + channel)
  }
  let width = 0
  return (
    <figure style={{ margin: 0 }}>
      <figcaption class="small quiet">
        {layer.path}: {layer.shape.join(' x ')}
        {about === undefined ? `, ${(100 * layer.rate).toFixed(1)} % fire at a time` : about && `, ${about}`}
      </figcaption>
      <Canvas
        height={height}
        label={`Output of layer ${layer.path}${step < 0 ? ', summed over time' : ` at step ${step}`}`}
        draw={(pen) => {
          width = pen.width
          draw(pen)
          if (box && !isList) frame(pen, box, places)
        }}
        onPoint={(x, y, pressed) => point(x, y, pressed, width)}
      />
    </figure>
  )
}

function frame(pen: Pen, { top, left, bottom, right }: Box, places: Places): void {
  const scale = scaleOf(pen.width, pen.height, places)
  pen.context.strokeStyle = pen.colour('accent')
  for (let c = 0; c < places.channels; c++) {
    const x = (c % places.columns) * (places.width + 1) + left
    const y = Math.floor(c / places.columns) * (places.height + 1) + top
    pen.context.strokeRect(x * scale, y * scale, (right - left + 1) * scale, (bottom - top + 1) * scale)
  }
}

function scaleOf(width: number, height: number, { columns, rows, ...one }: Places): number {
  return Math.min(width / (columns * (one.width + 1)), height / (rows * (one.height + 1)))
}

function inks(pen: Pen): readonly [number, number] {
  return [Number.parseInt(pen.colour('soft').slice(1), 16), Number.parseInt(pen.colour('spike').slice(1), 16)]
}

function mixed(image: ImageData, at: number, [dark, bright]: readonly [number, number], share: number): void {
  for (let k = 0; k < 3; k++) {
    const [from, to] = [(dark >> (16 - 8 * k)) & 255, (bright >> (16 - 8 * k)) & 255]
    image.data[at + k] = from + (to - from) * share
  }
  image.data[at + 3] = 255
}

function maps(pen: Pen, { output }: LayerRun, places: Places, T: number, step: number): void {
  const { height, width, channels, columns, rows } = places
  const frame = height * width * channels
  const image = new ImageData(columns * (width + 1), rows * (height + 1))
  const colours = inks(pen)
  const steps = step < 0 ? Array.from({ length: T }, (_, t) => t) : [Math.min(step, T - 1)]
  const most = step < 0 ? Math.max(1e-9, ...sums(output, frame, T)) : 1
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < height * width; i++) {
      let sum = 0
      for (const t of steps) sum += Math.abs(output[t * frame + i * channels + c])
      const y = Math.floor(c / columns) * (height + 1) + Math.floor(i / width)
      const x = (c % columns) * (width + 1) + (i % width)
      mixed(image, 4 * (y * image.width + x), colours, Math.min(1, sum / most))
    }
  }
  shown(pen, image, scaleOf(pen.width, pen.height, places))
}

/** Sums over time of every tenth neuron: enough to know how large they get. */
function sums(output: Float32Array, frame: number, T: number): number[] {
  const found: number[] = []
  const every = Math.max(1, Math.floor(frame / 4000))
  for (let i = 0; i < frame; i += every) {
    let sum = 0
    for (let t = 0; t < T; t++) sum += Math.abs(output[t * frame + i])
    found.push(sum)
  }
  return found
}

function raster(pen: Pen, { output }: LayerRun, T: number, step: number): void {
  const neurons = output.length / T
  const image = new ImageData(T, neurons)
  const colours = inks(pen)
  for (let t = 0; t < T; t++) {
    for (let i = 0; i < neurons; i++)
      mixed(image, 4 * (i * T + t), colours, Math.min(1, Math.abs(output[t * neurons + i])))
  }
  const small = new OffscreenCanvas(T, neurons)
  small.getContext('2d')?.putImageData(image, 0, 0)
  pen.context.imageSmoothingEnabled = false
  pen.context.drawImage(small, 0, 0, pen.width, pen.height)
  if (step < 0) return
  pen.context.strokeStyle = pen.colour('ink')
  pen.context.strokeRect((step / T) * pen.width, 0, pen.width / T, pen.height)
}

function shown(pen: Pen, image: ImageData, scale: number): void {
  const small = new OffscreenCanvas(image.width, image.height)
  small.getContext('2d')?.putImageData(image, 0, 0)
  pen.context.imageSmoothingEnabled = false
  pen.context.drawImage(small, 0, 0, image.width * scale, image.height * scale)
}
