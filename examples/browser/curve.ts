/** A live curve: every value faint, their running mean strong. */
export class Curve {
  private readonly svg: SVGSVGElement
  private readonly top: number | null
  private readonly label: (value: number) => string
  private readonly values: number[] = []

  /** @param top highest value of the axis; null: what the values need */
  constructor(svg: SVGSVGElement, top: number | null, label: (value: number) => string) {
    this.svg = svg
    this.top = top
    this.label = label
  }

  add(value: number): void {
    this.values.push(value)
  }

  draw(): void {
    const { values } = this
    const top = this.top ?? Math.max(0.5, Math.ceil(2 * Math.max(...values, 0)) / 2)
    const last = Math.max(10, values.length)
    const x = (i: number) => 38 + (i / last) * 354
    const y = (value: number) => 152 - (Math.min(value, top) / top) * 140
    const grid = [0, 0.5, 1].map(
      (share) => `<line x1="38" x2="392" y1="${y(share * top)}" y2="${y(share * top)}"/>
<text x="32" y="${y(share * top) + 4}" text-anchor="end">${this.label(share * top)}</text>`,
    )
    const path = (points: readonly number[]) =>
      thinned(points)
        .map(([i, value], k) => `${k === 0 ? 'M' : 'L'}${x(i + 1).toFixed(1)} ${y(value).toFixed(1)}`)
        .join('')
    this.svg.innerHTML = `${grid.join('')}<text x="38" y="172">0</text>
<text x="392" y="172" text-anchor="end">${last} updates</text>
<path class="each" d="${path(values)}"/><path class="smooth" d="${path(running(values, 20))}"/>`
  }
}

/** Means of the last n values up to each. */
export function running(values: readonly number[], n: number): number[] {
  let sum = 0
  return values.map((value, i) => {
    sum += value - (i >= n ? values[i - n] : 0)
    return sum / Math.min(n, i + 1)
  })
}

/** At most some 400 of the points, and their places. */
function thinned(values: readonly number[]): [number, number][] {
  const step = Math.ceil(values.length / 400)
  return values.flatMap((value, i): [number, number][] =>
    i % step === 0 || i === values.length - 1 ? [[i, value]] : [],
  )
}
