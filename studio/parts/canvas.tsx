import { useEffect, useRef } from 'preact/hooks'

export interface Pen {
  readonly context: CanvasRenderingContext2D
  readonly width: number
  readonly height: number
  /** A colour of the page, by the name of its variable. */
  colour(name: string): string
}

interface CanvasProps {
  readonly height: number
  /** What it shows, for those who do not see it. */
  readonly label: string
  readonly draw: (pen: Pen) => void
  /** What the picture is made of: as long as it is the same, nothing is painted again. Default: always other. */
  readonly of?: readonly unknown[]
  readonly onPoint?: (x: number, y: number, pressed: boolean) => void
  readonly square?: boolean
}

/** A picture that is drawn again whenever what it shows, its width, or the page's colours change. */
export function Canvas({ height, label, draw, of, onPoint, square = false }: CanvasProps) {
  const place = useRef<HTMLCanvasElement>(null)
  const latest = useRef(draw)
  latest.current = draw
  useEffect(() => {
    const canvas = place.current
    if (!canvas) return
    const paint = () => paintOn(canvas, square ? canvas.clientWidth : height, latest.current)
    const observer = new ResizeObserver(paint)
    observer.observe(canvas)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', paint)
    addEventListener('spikelet-theme', paint)
    return () => {
      observer.disconnect()
      dark.removeEventListener('change', paint)
      removeEventListener('spikelet-theme', paint)
    }
  }, [height, square])
  const painted = useRef<readonly unknown[] | undefined>(undefined)
  useEffect(() => {
    const canvas = place.current
    const before = painted.current
    painted.current = of
    if (!canvas || (of && before?.length === of.length && of.every((one, i) => one === before[i]))) return
    paintOn(canvas, square ? canvas.clientWidth : height, draw)
  })
  const point = (event: PointerEvent) => {
    const canvas = place.current
    if (!canvas || !onPoint) return
    const box = canvas.getBoundingClientRect()
    onPoint((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, event.buttons > 0)
  }
  return (
    <canvas
      ref={place}
      role="img"
      aria-label={label}
      style={square ? { aspectRatio: '1' } : { height: `${height}px` }}
      onPointerDown={onPoint && point}
      onPointerMove={onPoint && point}
    />
  )
}

function paintOn(canvas: HTMLCanvasElement, height: number, draw: (pen: Pen) => void): void {
  const width = canvas.clientWidth
  if (width === 0 || height === 0) return
  const density = devicePixelRatio
  if (canvas.width !== Math.round(width * density)) canvas.width = Math.round(width * density)
  if (canvas.height !== Math.round(height * density)) canvas.height = Math.round(height * density)
  const context = canvas.getContext('2d')
  if (!context) return
  context.setTransform(density, 0, 0, density, 0, 0)
  context.clearRect(0, 0, width, height)
  const style = getComputedStyle(canvas)
  draw({ context, width, height, colour: (name) => style.getPropertyValue(`--${name}`).trim() })
}
