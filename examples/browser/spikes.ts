import type { LayerSpikes } from './messages.ts'

/** Pixels between channels, which stay transparent. */
const gap = 1

/** Shows each layer's channels as small squares; `step` -1 sums over time. */
export function showSpikes(parent: HTMLElement, layers: readonly LayerSpikes[], step: number): void {
  while (parent.children.length < layers.length) {
    const figure = document.createElement('figure')
    figure.append(document.createElement('figcaption'), document.createElement('canvas'))
    parent.append(figure)
  }
  layers.forEach((layer, k) => {
    const [caption, canvas] = parent.children[k].children as unknown as [HTMLElement, HTMLCanvasElement]
    const { height, width, channels, spikes } = layer
    const fired = spikes.reduce((sum, spike) => sum + spike, 0) / spikes.length
    caption.innerHTML = `<b>Layer ${k + 1}</b> ${channels} channels of ${height} x ${width}; ${(100 * fired).toFixed(1)} % fire at a time`
    canvas.setAttribute('role', 'img')
    canvas.setAttribute('aria-label', `Spikes of layer ${k + 1}`)
    paint(canvas, layer, step)
  })
}

function paint(canvas: HTMLCanvasElement, { height, width, channels, spikes }: LayerSpikes, step: number): void {
  const columns = channels <= 16 ? 4 : 8
  const rows = Math.ceil(channels / columns)
  canvas.width = columns * (width + gap) - gap
  canvas.height = rows * (height + gap) - gap
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const image = context.createImageData(canvas.width, canvas.height)
  const style = getComputedStyle(document.documentElement)
  const [bright, dark] = ['--spike', '--dark'].map((name) => colourOf(style.getPropertyValue(name)))
  const frame = height * width * channels
  const steps = spikes.length / frame
  const chosen = step < 0 ? Array.from({ length: steps }, (_, t) => t) : [step]
  for (let c = 0; c < channels; c++) {
    const x0 = (c % columns) * (width + gap)
    const y0 = Math.floor(c / columns) * (height + gap)
    for (let i = 0; i < height * width; i++) {
      const count = chosen.reduce((sum, t) => sum + spikes[t * frame + i * channels + c], 0) / chosen.length
      const at = 4 * ((y0 + Math.floor(i / width)) * canvas.width + x0 + (i % width))
      for (let k = 0; k < 3; k++) image.data[at + k] = dark[k] + (bright[k] - dark[k]) * count
      image.data[at + 3] = 255
    }
  }
  context.putImageData(image, 0, 0)
}

function colourOf(hex: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.trim().slice(at, at + 2), 16))
}
