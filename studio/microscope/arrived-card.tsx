import type { Arrivals } from 'spikelet/analysis'
import { Canvas, type Pen } from '../parts/canvas.tsx'
import { Card } from '../parts/choice.tsx'
import { Scroll } from '../parts/scroll.tsx'
import { boxOf, largest, placeText, type ReachingField, reachedAt } from './arrived.ts'

/** Lines of a source that are shown; the others are added up. */
const mostLines = 8

interface ArrivedCardProps {
  readonly told: Arrivals
  /** The number of its layer among those with neurons, from 0. */
  readonly layer: number
  /** -1: all steps, added up. */
  readonly step: number
}

/** Which inputs and spikes reached a neuron at a step, with their weights, and what they add up to. */
export function ArrivedCard({ told, layer, step }: ArrivedCardProps) {
  const { current, rest, fields } = reachedAt(told, step)
  const when = step < 0 ? `over ${told.steps.length} steps` : `at step ${step}`
  return (
    <Card title={`What reached neuron ${told.place} of layer ${layer + 1}, ${when}`}>
      <p class="small">
        {fields.map((field) => `${number(sumOf(field))} from ${sourceName(field.source)}`).join(', ') || 'nothing'}, and{' '}
        {number(rest)} whoever is silent (bias and normalisation): an input current of <b>{number(current)}</b>.
      </p>
      {!told.fixed && (
        <p class="small quiet">
          A layer between depends on what it receives: these weights hold near this input, and what they leave over is
          in the last part.
        </p>
      )}
      {fields.map((field) => (
        <Field field={field} single={step >= 0} key={field.source} />
      ))}
    </Card>
  )
}

function Field({ field, single }: { readonly field: ReachingField; readonly single: boolean }) {
  const arrived = largest(field)
  const shown = arrived.slice(0, mostLines)
  const others = arrived.slice(mostLines)
  const name = sourceName(field.source)
  const late = single && new Set(field.all.map(({ step }) => step)).size > 1
  return (
    <figure style={{ margin: 0 }}>
      <figcaption class="small quiet">
        {name}: {arrived.length} of {field.all.length} that can reach it did. Blue adds, red subtracts; pale was silent.
      </figcaption>
      <Canvas
        height={fieldHeight(field)}
        label={`Weights from ${name}, and which of them were reached: ${arrived.length} of ${field.all.length}`}
        draw={(pen) => paint(pen, field)}
      />
      {shown.length > 0 && (
        <Scroll label={`What arrived from ${name}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">from {name}</th>
                {late && <th scope="col">step</th>}
                <th scope="col">{single ? 'value' : 'sum of values'}</th>
                <th scope="col">weight</th>
                <th scope="col">adds</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ place, step, value, weight, adds }) => (
                <tr key={`${place} ${step}`}>
                  <th scope="row">{placeText(field.shape, place)}</th>
                  {late && <td>{step}</td>}
                  <td>{number(value)}</td>
                  <td>{number(weight)}</td>
                  <td>{number(adds)}</td>
                </tr>
              ))}
              {others.length > 0 && (
                <tr>
                  <th scope="row">{others.length} others</th>
                  {late && <td />}
                  <td />
                  <td />
                  <td>{number(others.reduce((sum, { adds }) => sum + adds, 0))}</td>
                </tr>
              )}
            </tbody>
          </table>
        </Scroll>
      )}
    </figure>
  )
}

function sourceName(source: string): string {
  return source === 'input' ? 'the input' : `layer ${source}`
}

function sumOf({ all }: ReachingField): number {
  return all.reduce((sum, { adds }) => sum + adds, 0)
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)))
}

interface Cells {
  /** Of one channel's part of the frame; of a list, of all. */
  readonly rows: number
  readonly columns: number
  readonly channels: number
  /** Channels beside each other. */
  readonly across: number
  /** Row and column of a place on the whole picture. */
  at(place: number): readonly [number, number]
}

/** The field's part of each channel beside the next, or a list folded into rows. */
function cellsOf({ shape, all }: ReachingField): Cells {
  const box = boxOf(
    shape,
    all.map(({ place }) => place),
  )
  if (!box) {
    const size = shape.reduce((a, b) => a * b, 1)
    const columns = Math.min(size, 64)
    const rows = Math.ceil(size / columns)
    return { rows, columns, channels: 1, across: 1, at: (place) => [Math.floor(place / columns), place % columns] }
  }
  const [, width, channels] = shape
  const [rows, columns] = [box.bottom - box.top + 1, box.right - box.left + 1]
  const across = Math.min(channels, Math.max(1, Math.floor(48 / (columns + 1))))
  const at = (place: number) => {
    const [pixel, channel] = [Math.floor(place / channels), place % channels]
    const row = Math.floor(channel / across) * (rows + 1) + Math.floor(pixel / width) - box.top
    return [row, (channel % across) * (columns + 1) + (pixel % width) - box.left] as const
  }
  return { rows, columns, channels, across, at }
}

function sizeOf({ rows, columns, channels, across }: Cells): { readonly high: number; readonly wide: number } {
  const down = Math.ceil(channels / across)
  return { high: down * (rows + 1) - 1, wide: across * (columns + 1) - 1 }
}

/** Most pixels of a cell. */
const largestCell = 16

function fieldHeight(field: ReachingField): number {
  const { high, wide } = sizeOf(cellsOf(field))
  return Math.max(8, Math.min(220, high * Math.min(largestCell, 340 / wide)))
}

function paint({ context, width, height, colour }: Pen, field: ReachingField): void {
  const cells = cellsOf(field)
  const { high, wide } = sizeOf(cells)
  const side = Math.min(largestCell, width / wide, height / high)
  const most = field.all.reduce((found, { weight }) => Math.max(found, Math.abs(weight)), 1e-30)
  for (const { place, weight, value } of field.all) {
    const [row, column] = cells.at(place)
    context.fillStyle = colour(weight > 0 ? 'n0' : 'n1')
    const share = Math.abs(weight) / most
    context.globalAlpha = value === 0 ? 0.06 + 0.14 * share : 0.35 + 0.65 * share
    context.fillRect(
      column * side,
      row * side,
      Math.max(1, side - (side > 4 ? 1 : 0)),
      Math.max(1, side - (side > 4 ? 1 : 0)),
    )
  }
  context.globalAlpha = 1
}
