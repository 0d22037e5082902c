import type { FromWorker, ToWorker } from './messages.ts'

/** The page: shows what the worker tells, and passes on what the visitor wants. */

const byId = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind
const query = new URLSearchParams(location.search)
const asked = query.get('backend')

/** The run's numbers, for the curious at the console and for tests. */
const numbers = { losses: [] as number[], firstUpdateSeconds: 0, device: '', paused: false, answers: 0 }
Object.assign(globalThis, { spikelet: numbers })

let classes: readonly string[] = []

const worker = new Worker(new URL('./engine.js', import.meta.url), { type: 'module' })
const send = (message: ToWorker): void => worker.postMessage(message)
worker.onerror = ({ message }) => fail(message)
worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
  switch (data.kind) {
    case 'ready':
      return ready(data)
    case 'update':
      if (numbers.losses.length === 0) numbers.firstUpdateSeconds = performance.now() / 1000
      numbers.losses.push(data.loss)
      byId('updates').textContent = String(data.update)
      byId('loss').textContent = data.loss.toFixed(3)
      return
    case 'paused':
      numbers.paused = data.paused
      byId('pause').textContent = data.paused ? 'Go on' : 'Pause'
      return say(data.paused ? `Paused. ${numbers.device}.` : `Learning with ${numbers.device}.`)
    case 'answer':
      return showAnswer(data.shares)
    case 'done':
      byId<HTMLButtonElement>('pause').disabled = true
      return say(`Done. Of 2,000 images that it has never seen, ${(100 * data.accuracy).toFixed(1)} % are right.`)
    case 'failed':
      return fail(data.message)
  }
}

send({
  kind: 'start',
  backend: asked === 'wasm' || asked === 'webgpu' ? asked : 'auto',
  data: new URL('data/', location.href).href,
  pauseAfter: Number(query.get('updates') ?? 0),
})
byId('pause').addEventListener('click', () => send({ kind: numbers.paused ? 'resume' : 'pause' }))

function say(text: string): void {
  byId('state').textContent = text
}

function fail(message: string): void {
  byId('state').classList.add('failed')
  say(message)
}

function ready({ device, classes: names, samples }: Extract<FromWorker, { kind: 'ready' }>): void {
  classes = names
  numbers.device = device
  say(`Learning with ${device}.`)
  byId<HTMLButtonElement>('pause').disabled = false
  for (const { pixels, label } of samples) {
    const button = document.createElement('button')
    button.type = 'button'
    button.setAttribute('aria-label', names[label])
    button.append(imageOf(pixels))
    button.addEventListener('click', () => {
      for (const other of byId('samples').children) other.setAttribute('aria-pressed', String(other === button))
      send({ kind: 'ask', pixels })
    })
    byId('samples').append(button)
  }
  byId('samples').querySelector('button')?.click()
}

function imageOf(pixels: Uint8Array): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.sqrt(pixels.length)
  const image = new ImageData(canvas.width, canvas.height)
  pixels.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i))
  canvas.getContext('2d')?.putImageData(image, 0, 0)
  return canvas
}

function showAnswer(shares: readonly number[]): void {
  numbers.answers++
  const rows = shares.map((share, k) => {
    const row = document.createElement('li')
    const meter = document.createElement('meter')
    meter.value = share
    meter.setAttribute('aria-label', classes[k])
    row.append(classes[k], meter, `${Math.round(100 * share)} %`)
    return row
  })
  byId('answers').replaceChildren(...rows)
}
