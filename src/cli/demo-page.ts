import type { Shape } from '../base/index.ts'

/** What a page shows of a network. */
export interface DemoFacts {
  readonly name: string
  readonly input: Shape
  readonly classes: readonly string[]
  /** Time steps that a drawing is shown for. */
  readonly T: number
  /** What the training subtracted from each channel of an image in 0..1, and divided it by. */
  readonly normalise?: { readonly mean: readonly number[]; readonly deviation: readonly number[] }
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

/** A page in one file that runs a module: a field to draw on, and the classes' outputs. It loads nothing. */
export function demoPage(module: Uint8Array, facts: DemoFacts): string {
  const [height, width, channels] = facts.input.length === 3 ? facts.input : [1, facts.input[0], 1]
  const json = JSON.stringify({ ...facts, height, width, channels }).replaceAll('<', '\\u003c')
  const title = facts.name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
  canvas { width: min(20rem, 100%); image-rendering: pixelated; border: 1px solid; touch-action: none; cursor: crosshair }
  .bar { display: grid; grid-template-columns: 9rem 1fr; align-items: center; margin: 2px 0 }
  .bar i { display: block; height: 1rem; background: #4a7fb5; width: 0 }
</style>
<h1>${title}</h1>
<p>Draw with the pointer. The network runs <span id="steps"></span> time steps here, in WebAssembly.</p>
<canvas id="field"></canvas>
<p><button id="clear">Clear</button> <span id="time"></span></p>
<div id="bars"></div>
<script>
const facts = ${json}
const { height, width, channels, classes, T, normalise } = facts
const bytes = Uint8Array.from(atob('${base64(module)}'), (c) => c.charCodeAt(0))
const field = document.getElementById('field')
const pen = field.getContext('2d')
const values = new Float32Array(height * width)
field.width = width
field.height = height
document.getElementById('steps').textContent = T
WebAssembly.instantiate(bytes).then(({ instance }) => {
  const net = instance.exports
  net.init()
  const outputs = net.classes()
  const bars = Array.from({ length: outputs }, (_, k) => {
    const row = document.createElement('div')
    row.className = 'bar'
    row.append(classes[k] ?? String(k), document.createElement('i'))
    document.getElementById('bars').append(row)
    return row.lastChild
  })
  const show = () => {
    const image = pen.createImageData(width, height)
    values.forEach((v, i) => image.data.set([255 * v, 255 * v, 255 * v, 255], 4 * i))
    pen.putImageData(image, 0, 0)
    const started = performance.now()
    net.reset()
    for (let t = 0; t < T; t++) {
      const frame = new Float32Array(net.memory.buffer, net.frame(), net.inputs())
      for (let i = 0; i < frame.length; i++) {
        const value = values[Math.floor(i / channels)]
        const c = i % channels
        frame[i] = normalise ? (value - normalise.mean[c % normalise.mean.length]) / normalise.deviation[c % normalise.deviation.length] : value
      }
      net.step()
    }
    const logits = new Float32Array(net.memory.buffer, net.logits(), outputs)
    const powers = Array.from(logits, (v) => Math.exp(v - Math.max(...logits)))
    const sum = powers.reduce((a, b) => a + b)
    bars.forEach((bar, k) => { bar.style.width = 100 * powers[k] / sum + '%' })
    document.getElementById('time').textContent = (performance.now() - started).toFixed(2) + ' ms'
  }
  const draw = (event) => {
    if (event.buttons !== 1) return
    const box = field.getBoundingClientRect()
    const x = ((event.clientX - box.left) / box.width) * width
    const y = ((event.clientY - box.top) / box.height) * height
    const reach = Math.max(0.9, Math.min(width, height) / 20)
    values.forEach((v, i) => {
      const distance = Math.hypot((i % width) + 0.5 - x, Math.floor(i / width) + 0.5 - y)
      values[i] = Math.max(v, Math.min(1, Math.max(0, 1.5 - distance / reach)))
    })
    show()
  }
  field.addEventListener('pointerdown', draw)
  field.addEventListener('pointermove', draw)
  document.getElementById('clear').addEventListener('click', () => { values.fill(0); show() })
  show()
})
</script>
</html>
`
}
