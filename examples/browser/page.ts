import { Curve, running } from './curve.ts'
import { Drawing, paintGrey } from './drawing.ts'
import type { FromWorker, LayerSpikes, ToWorker } from './messages.ts'
import { showSpikes } from './spikes.ts'

/** The page: shows what the worker tells, and passes on what the visitor wants. */

const byId = <Kind extends Element>(id: string): Kind => document.getElementById(id) as unknown as Kind
const query = new URLSearchParams(location.search)
const asked = query.get('backend')
const choice = asked === 'wasm' || asked === 'webgpu' ? asked : 'auto'
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** The run's numbers, for the curious at the console and for tests. */
const numbers = { losses: [] as number[], firstUpdateSeconds: 0, device: '', paused: false, answers: 0 }
Object.assign(globalThis, { spikelet: numbers })

const lossCurve = new Curve(byId('loss'), null, (value) => String(Number(value.toFixed(2))))
const accuracyCurve = new Curve(byId('accuracy'), 1, (value) => `${100 * value}%`)
const accuracies: number[] = []
let classes: readonly string[] = []
let layers: readonly LayerSpikes[] = []
let step = -1
let drawn = false
let askAgain: ReturnType<typeof setTimeout> | undefined

const worker = new Worker(new URL('./engine.js', import.meta.url), { type: 'module' })
const send = (message: ToWorker): void => worker.postMessage(message)
worker.onerror = ({ message }) => fail(message)
worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
  const handlers: { [Kind in FromWorker['kind']]: (message: Extract<FromWorker, { kind: Kind }>) => void } = {
    ready,
    update: showUpdate,
    epoch: ({ validation }) => set('validation', percent(validation)),
    paused: ({ paused }) => showPaused(paused),
    answer: showAnswer,
    done: ({ accuracy }) => {
      say(`Done. Of 2,000 pictures that it has never seen, ${percent(accuracy)} are right. ${numbers.device}.`)
      byId<HTMLButtonElement>('pause').disabled = true
    },
    failed: ({ message }) => fail(message),
  }
  ;(handlers[data.kind] as (message: FromWorker) => void)(data)
}

const drawing = new Drawing(byId('canvas'), (byHand) => {
  if (byHand) select(null)
  ask()
})
send({
  kind: 'start',
  backend: choice,
  data: new URL('data/', location.href).href,
  pauseAfter: Number(query.get('updates') ?? 0),
})

byId('pause').addEventListener('click', () => send({ kind: numbers.paused ? 'resume' : 'pause' }))
byId('clear').addEventListener('click', () => drawing.clear())
byId<HTMLInputElement>('file').addEventListener('change', ({ target }) => {
  const [file] = (target as HTMLInputElement).files ?? []
  if (file) drawing.load(file).catch(() => say('This file holds no picture that the browser can show.'))
})
for (const button of document.querySelectorAll<HTMLButtonElement>('[data-step]')) {
  button.addEventListener('click', () => {
    step = Number(button.dataset.step)
    for (const other of document.querySelectorAll('[data-step]')) {
      other.setAttribute('aria-pressed', String(other === button))
    }
    showSpikes(byId('layers'), layers, step)
  })
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => showSpikes(byId('layers'), layers, step))

function set(id: string, text: string): void {
  byId(id).textContent = text
}

function say(text: string): void {
  set('state', text)
}

function fail(message: string): void {
  byId('state').classList.add('failed')
  say(message)
}

function ready({ device, classes: names, samples, parameters }: Extract<FromWorker, { kind: 'ready' }>): void {
  classes = names
  numbers.device = device
  byId(device.startsWith('WebGPU') ? 'use-webgpu' : 'use-wasm').setAttribute('aria-current', 'true')
  say(`Learning with ${device}; ${parameters.toLocaleString('en')} weights.`)
  byId<HTMLButtonElement>('pause').disabled = false
  for (const { pixels, label } of samples) {
    const button = document.createElement('button')
    const canvas = document.createElement('canvas')
    button.type = 'button'
    button.title = names[label]
    button.setAttribute('aria-label', names[label])
    paintGrey(canvas, pixels)
    button.append(canvas)
    button.addEventListener('click', () => pick(button, pixels))
    byId('samples').append(button)
  }
  const first = byId('samples').querySelector('button')
  if (first) pick(first, samples[0].pixels)
}

function pick(button: HTMLButtonElement, pixels: Uint8Array): void {
  select(button)
  drawing.set(pixels, false)
}

function select(button: HTMLButtonElement | null): void {
  for (const other of byId('samples').children) other.setAttribute('aria-pressed', String(other === button))
}

function ask(): void {
  clearTimeout(askAgain)
  send({ kind: 'ask', pixels: drawing.pixels.slice() })
}

function showUpdate({ update, loss, accuracy, imagesPerSecond }: Extract<FromWorker, { kind: 'update' }>): void {
  if (numbers.losses.length === 0) numbers.firstUpdateSeconds = performance.now() / 1000
  numbers.losses.push(loss)
  accuracies.push(accuracy)
  lossCurve.add(loss)
  accuracyCurve.add(accuracy)
  set('updates', update.toLocaleString('en'))
  set('speed', Math.round(imagesPerSecond).toLocaleString('en'))
  if (drawn) return
  drawn = true
  requestAnimationFrame(() => {
    drawn = false
    lossCurve.draw()
    accuracyCurve.draw()
    set('right', percent(running(accuracies, 20).at(-1) ?? 0))
  })
}

function showPaused(paused: boolean): void {
  numbers.paused = paused
  set('pause', paused ? 'Go on' : 'Pause')
  say(paused ? `Paused. ${numbers.device}.` : `Learning with ${numbers.device}.`)
}

function showAnswer({ shares, layers: spikes }: Extract<FromWorker, { kind: 'answer' }>): void {
  numbers.answers++
  layers = spikes
  const best = shares.indexOf(Math.max(...shares))
  byId('answers').replaceChildren(
    ...shares.map((share, k) => {
      const row = document.createElement('li')
      if (k === best) row.className = 'best'
      const bar = document.createElement('i')
      bar.style.width = `${100 * share}%`
      const [name, value] = [classes[k], `${Math.round(100 * share)} %`].map((text) => {
        const span = document.createElement('span')
        span.textContent = text
        return span
      })
      row.append(name, bar, value)
      return row
    }),
  )
  showSpikes(byId('layers'), layers, step)
  if (!numbers.paused) askAgain = setTimeout(ask, 700)
}
