import { useRef } from 'preact/hooks'
import type { GradientMap, NeuronRecording } from 'spikelet/analysis'
import { Canvas, type Pen } from '../parts/canvas.tsx'
import { distances, type Examined } from './examine.ts'

/** Room for names on the left, for numbers on the right. */
const margin = { left: 52, right: 10 }

interface Row {
  readonly name: string
  readonly values: ArrayLike<number>
  readonly colour: string
  readonly threshold?: ArrayLike<number>
}

/** Rows of a recording: input, every state, spikes. */
function rowsOf({ x, s, values, states, membrane }: NeuronRecording, colour: string): Row[] {
  // The potential as the threshold sees it, in front of the reset, stands for the state behind it.
  const before = membrane?.name.replace(/#\d+$/, '')
  const shown = membrane ? [membrane.name, ...states.filter((state) => state !== before)] : states
  return [
    { name: 'input', values: x, colour: 'quiet' },
    ...shown.map((name, k) => ({
      name: name.replace(/#\d+$/, ''),
      values: name === membrane?.name ? membrane.potential : values[name],
      colour: k === 0 ? colour : `way-${(k - 1) % 4}`,
      ...(name === membrane?.name ? { threshold: membrane.threshold } : {}),
    })),
    { name: 'output', values: s, colour: 'spike' },
  ]
}

const rowHeight = 62

interface TracesProps {
  readonly found: Examined
  readonly colour: string
  readonly step: number | null
  readonly onStep: (step: number) => void
  readonly onDraw?: (step: number, height: number) => void
}

/** What a neuron does, step by step: a click chooses a step, a stroke over the input draws it. */
export function Traces({ found, colour, step, onStep, onDraw }: TracesProps) {
  const { recording } = found
  const rows = rowsOf(recording, colour)
  const { T } = recording
  const height = rows.length * rowHeight + 18
  const draw = (pen: Pen) => {
    rows.forEach((row, k) => drawRow(pen, row, k * rowHeight, T))
    drawSteps(pen, T, height)
    if (step !== null && step < T) {
      const at = place(pen, T, step)
      pen.context.fillStyle = pen.colour('ink')
      pen.context.globalAlpha = 0.35
      pen.context.fillRect(at - 0.5, 0, 1, height - 16)
      pen.context.globalAlpha = 1
    }
  }
  const point = (x: number, y: number, pressed: boolean, width: number) => {
    if (!pressed) return
    const room = width - margin.left - margin.right
    const t = Math.min(T - 1, Math.max(0, Math.floor(((x * width - margin.left) / room) * T)))
    if (onDraw && y * height < rowHeight) onDraw(t, 1 - (y * height - 6) / (rowHeight - 12))
    else onStep(t)
  }
  return (
    <PointedCanvas
      of={[found, colour, step]}
      height={height}
      draw={draw}
      onPoint={point}
      label={`${recording.name}: input, ${recording.states.join(', ')} and output over ${T} steps`}
    />
  )
}

function PointedCanvas(props: {
  readonly of: readonly unknown[]
  readonly height: number
  readonly label: string
  readonly draw: (pen: Pen) => void
  readonly onPoint: (x: number, y: number, pressed: boolean, width: number) => void
}) {
  const width = useRef(0)
  const draw = (pen: Pen) => {
    width.current = pen.width
    props.draw(pen)
  }
  return <Canvas {...props} draw={draw} onPoint={(x, y, pressed) => props.onPoint(x, y, pressed, width.current)} />
}

/** The middle of a step. */
function place({ width }: Pen, T: number, t: number): number {
  return margin.left + ((t + 0.5) / T) * (width - margin.left - margin.right)
}

function drawRow(pen: Pen, { name, values, colour, threshold }: Row, top: number, T: number): void {
  const { context, width } = pen
  const [high, low] = [top + 8, top + rowHeight - 8]
  const all = [...Array.from(values), ...Array.from(threshold ?? []), 0].filter(Number.isFinite)
  const least = Math.min(...all)
  const most = Math.max(...all) - least > 1e-9 ? Math.max(...all) : least + 1
  const y = (value: number) => low - ((value - least) / (most - least)) * (low - high)
  context.font = '12px system-ui, sans-serif'
  context.fillStyle = pen.colour('quiet')
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  context.fillText(name, margin.left - 8, (high + low) / 2)
  context.font = '10px system-ui, sans-serif'
  if (name !== 'output') {
    context.fillText(shortNumber(most), margin.left - 8, high)
    context.fillText(shortNumber(least), margin.left - 8, low)
  }
  context.fillStyle = pen.colour('line')
  context.fillRect(margin.left, Math.round(y(0)), width - margin.left - margin.right, 1)
  context.fillStyle = pen.colour(colour)
  context.strokeStyle = pen.colour(colour)
  if (name === 'input' || name === 'output') {
    const bar = Math.max(1, ((width - margin.left - margin.right) / T) * 0.6)
    for (let t = 0; t < T; t++) {
      const value = values[t]
      if (value === 0) continue
      const [from, to] = [Math.min(y(0), y(value)), Math.max(y(0), y(value))]
      context.fillRect(place(pen, T, t) - bar / 2, from, bar, Math.max(1, to - from))
    }
    return
  }
  if (threshold) {
    context.strokeStyle = pen.colour('ink')
    context.setLineDash([4, 4])
    stroke(pen, threshold, T, y, 1)
    context.setLineDash([])
    context.strokeStyle = pen.colour(colour)
  }
  stroke(pen, values, T, y, 1.8)
}

function stroke(pen: Pen, values: ArrayLike<number>, T: number, y: (value: number) => number, width: number): void {
  const { context } = pen
  context.lineWidth = width
  context.beginPath()
  for (let t = 0; t < T; t++) context.lineTo(place(pen, T, t), y(values[t]))
  context.stroke()
}

/** Numbers of steps, along the bottom. */
function drawSteps(pen: Pen, T: number, height: number): void {
  const { context } = pen
  const every = [1, 2, 5, 10, 20, 50].find((one) => T / one <= 12) ?? 50
  context.fillStyle = pen.colour('quiet')
  context.font = '10px system-ui, sans-serif'
  context.textAlign = 'center'
  context.textBaseline = 'bottom'
  for (let t = 0; t < T; t += every) context.fillText(String(t), place(pen, T, t), height)
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(2)))
}

type Map = GradientMap['maps'][number]

/** The gradient that the input of each step (row) receives from the output of each step (column). */
export function GradientPicture({
  map,
  T,
  step,
  onStep,
}: {
  readonly map: Map
  readonly T: number
  readonly step: number | null
  readonly onStep: (step: number) => void
}) {
  const { size } = map.total
  const draw = (pen: Pen) => {
    const { context, width, height } = pen
    const most = size.reduce((a, row) => Math.max(a, ...row), 0) || 1
    const image = context.createImageData(T, T)
    const [ink, paper] = [rgbOf(pen.colour('accent')), rgbOf(pen.colour('soft'))]
    for (let t = 0; t < T; t++) {
      for (let source = 0; source < T; source++) {
        // The eye tells sizes apart by their roots.
        const share = Math.sqrt(size[t][source] / most)
        const at = 4 * (t * T + source)
        for (let k = 0; k < 3; k++) image.data[at + k] = paper[k] + (ink[k] - paper[k]) * share
        image.data[at + 3] = 255
      }
    }
    const small = new OffscreenCanvas(T, T)
    small.getContext('2d')?.putImageData(image, 0, 0)
    context.imageSmoothingEnabled = false
    context.drawImage(small, 0, 0, width, height)
    if (step === null || step >= T) return
    context.strokeStyle = pen.colour('spike')
    context.lineWidth = 1.5
    context.strokeRect((step / T) * width, 0, width / T, height)
  }
  return (
    <Canvas
      of={[map, step]}
      square
      height={0}
      draw={draw}
      label={`Gradient map of ${map.name}: how much the input of each step hears from the output of each later step`}
      onPoint={(x, _, pressed) => pressed && onStep(Math.min(T - 1, Math.max(0, Math.floor(x * T))))}
    />
  )
}

/** Red, green and blue of a colour written as #rrggbb. */
function rgbOf(colour: string): readonly [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

/** Which ways the gradient of one step's output took, by the steps that it reached. */
export function GradientWays({ map, T, step }: { readonly map: Map; readonly T: number; readonly step: number }) {
  const ways = [
    { name: 'through the output itself', rows: map.spatial.size, colour: 'spike' },
    ...Object.entries(map.through).map(([state, { size }], k) => ({
      name: `carried by ${state}`,
      rows: size,
      colour: `way-${k % 4}`,
    })),
    ...(map.mixing ? [{ name: 'by the map over time', rows: map.mixing.size, colour: 'way-3' }] : []),
  ]
  const height = 120
  const draw = (pen: Pen) => {
    const { context, width } = pen
    const sums = Array.from({ length: T }, (_, t) => ways.reduce((sum, { rows }) => sum + rows[t][step], 0))
    const most = Math.max(...sums) || 1
    const bar = ((width - margin.left - margin.right) / T) * 0.8
    for (let t = 0; t <= step; t++) {
      let low = height - 18
      for (const { rows, colour } of ways) {
        const tall = (rows[t][step] / most) * (height - 26)
        context.fillStyle = pen.colour(colour)
        context.fillRect(place(pen, T, t) - bar / 2, low - tall, bar, tall)
        low -= tall
      }
    }
    drawSteps(pen, T, height)
  }
  return (
    <div>
      <Canvas height={height} draw={draw} label={`Where the gradient of step ${step} goes, and by which way`} />
      <div class="legend">
        {ways.map(({ name, colour }) => (
          <span key={name} style={{ '--own': `var(--${colour})` }}>
            {name}
          </span>
        ))}
      </div>
    </div>
  )
}

/** How much gradient is left after 1, 2, 4, 8, 16 steps back, of every neuron. */
export function GradientLeft({
  all,
}: {
  readonly all: readonly { readonly found: Examined; readonly colour: string }[]
}) {
  const height = 190
  const draw = (pen: Pen) => {
    const { context, width } = pen
    const [top, bottom] = [12, height - 30]
    // Each step back takes a share, so sizes are told apart by their powers of ten.
    const decades = 4
    const x = (k: number) => margin.left + (k / (distances.length - 1)) * (width - margin.left - 30)
    const y = (value: number) => {
      const depth = Math.min(decades, Math.max(0, -Math.log10(Math.max(value, 1e-30))))
      return top + (depth / decades) * (bottom - top)
    }
    context.font = '11px system-ui, sans-serif'
    context.textBaseline = 'middle'
    for (const share of [1, 0.1, 0.01, 0.001, 0.0001]) {
      context.fillStyle = pen.colour('line')
      context.fillRect(margin.left, y(share), width - margin.left - margin.right, 1)
      context.fillStyle = pen.colour('quiet')
      context.textAlign = 'right'
      context.fillText(`${Number((100 * share).toPrecision(1))} %`, margin.left - 8, y(share))
    }
    context.textAlign = 'center'
    distances.forEach((distance, k) => context.fillText(String(distance), x(k), height - 18))
    context.fillText('steps back', (margin.left + width) / 2, height - 5)
    for (const { found, colour } of all) {
      context.strokeStyle = pen.colour(colour)
      context.fillStyle = pen.colour(colour)
      context.lineWidth = 2
      context.beginPath()
      found.left.forEach((value, k) => Number.isFinite(value) && context.lineTo(x(k), y(value)))
      context.stroke()
      found.left.forEach((value, k) => {
        if (!Number.isFinite(value)) return
        context.beginPath()
        context.arc(x(k), y(value), 3.2, 0, 7)
        context.fill()
      })
    }
  }
  const told = all.map(({ found }) => `${found.neuron.name}: ${found.left.map(percent).join(', ')}`).join('; ')
  return (
    <Canvas
      of={all.flatMap(({ found, colour }) => [found, colour])}
      height={height}
      draw={draw}
      label={`Gradient left after ${distances.join(', ')} steps. ${told}`}
    />
  )
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${Number((100 * share).toPrecision(2))} %` : '–'
}
