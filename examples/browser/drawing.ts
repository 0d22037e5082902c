/** The picture that is asked about: 28 x 28 pixels that can be drawn on. */
export class Drawing {
  readonly pixels = new Uint8Array(28 * 28)
  private readonly canvas: HTMLCanvasElement
  private readonly changed: (byHand: boolean) => void
  private last: { x: number; y: number } | null = null

  /** @param changed told whether the visitor drew */
  constructor(canvas: HTMLCanvasElement, changed: (byHand: boolean) => void) {
    this.canvas = canvas
    this.changed = changed
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId)
      this.last = this.place(event)
      this.stroke(this.last, this.last)
    })
    canvas.addEventListener('pointermove', (event) => {
      if (!this.last) return
      const next = this.place(event)
      this.stroke(this.last, next)
      this.last = next
    })
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => (this.last = null))
    this.show()
  }

  set(pixels: ArrayLike<number>, byHand = true): void {
    this.pixels.set(pixels)
    this.show()
    this.changed(byHand)
  }

  clear(): void {
    this.set(new Uint8Array(28 * 28))
  }

  /** A photo: fitted in, grey, and turned to white on black where its edge is bright. */
  async load(file: Blob): Promise<void> {
    const image = await createImageBitmap(file)
    const scratch = new OffscreenCanvas(28, 28)
    const context = scratch.getContext('2d') as OffscreenCanvasRenderingContext2D
    const scale = 28 / Math.max(image.width, image.height)
    const [w, h] = [image.width * scale, image.height * scale]
    context.fillStyle = '#fff'
    context.fillRect(0, 0, 28, 28)
    context.drawImage(image, (28 - w) / 2, (28 - h) / 2, w, h)
    const { data } = context.getImageData(0, 0, 28, 28)
    const grey = Uint8Array.from(
      { length: 784 },
      (_, i) => 0.3 * data[4 * i] + 0.59 * data[4 * i + 1] + 0.11 * data[4 * i + 2],
    )
    const edge = grey.filter((_, i) => i < 28 || i >= 756 || i % 28 === 0 || i % 28 === 27)
    const bright = edge.reduce((sum, value) => sum + value, 0) / edge.length > 127
    this.set(bright ? grey.map((value) => 255 - value) : grey)
  }

  private place(event: PointerEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect()
    return { x: ((event.clientX - box.left) / box.width) * 28, y: ((event.clientY - box.top) / box.height) * 28 }
  }

  /** A soft line, as thick as two pixels. */
  private stroke(from: { x: number; y: number }, to: { x: number; y: number }): void {
    const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) * 2) + 1
    for (let k = 0; k <= steps; k++) {
      const x = from.x + ((to.x - from.x) * k) / steps
      const y = from.y + ((to.y - from.y) * k) / steps
      for (let i = 0; i < 784; i++) {
        const distance = Math.hypot((i % 28) + 0.5 - x, Math.floor(i / 28) + 0.5 - y)
        const value = 230 * Math.min(1, Math.max(0, 1.9 - distance))
        if (value > this.pixels[i]) this.pixels[i] = value
      }
    }
    this.show()
    this.changed(true)
  }

  private show(): void {
    paintGrey(this.canvas, this.pixels)
  }
}

/** Paints 28 x 28 grey values. */
export function paintGrey(canvas: HTMLCanvasElement, pixels: ArrayLike<number>): void {
  canvas.width = 28
  canvas.height = 28
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const image = context.createImageData(28, 28)
  for (let i = 0; i < 784; i++) image.data.set([pixels[i], pixels[i], pixels[i], 255], 4 * i)
  context.putImageData(image, 0, 0)
}
