import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { firstLab, fromZoo, type Lab, labOf, surrogateNames, zooNames } from '../lab/model.ts'
import { addressWith, stateOfAddress } from '../link.ts'
import { Card, Choice, NumberField } from '../parts/choice.tsx'
import { type Curve, Plot } from '../parts/plot.tsx'
import { Ask } from './ask.tsx'
import { filesOf } from './dropped.ts'
import { hashAfter, type TrainSettings } from './messages.ts'
import { Racer, type RacerState, racing } from './racer.ts'

const firstSettings: TrainSettings = {
  network: 'convolutions',
  T: 4,
  learningRate: 0.1,
  batch: 32,
  epochs: 3,
  images: 11_000,
  seed: 1,
  backend: 'wasm',
}

/** What the address carries: neurons, and what decides the training. */
interface TrainLink {
  readonly lab: Lab
  readonly settings: TrainSettings
  /** Starts at once, as in a page that is held by another one. */
  readonly start: boolean
}

function linkOf(value: unknown): TrainLink {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Partial<TrainLink>
  const settings = Object.fromEntries(
    Object.entries(firstSettings).map(([name, usual]) => {
      const own = (given.settings as { readonly [name: string]: unknown } | undefined)?.[name]
      return [name, typeof own === typeof usual ? own : usual]
    }),
  ) as unknown as TrainSettings
  return { lab: labOf(given.lab) ?? firstLab(), settings, start: given.start === true }
}

type Images = readonly { readonly path: string; readonly file: File }[]

/** Trains the laboratory's neurons in this page: one, or two against each other. */
export default function TrainPage() {
  const [link] = useState(() => linkOf(stateOfAddress(location.hash)))
  const [lab, setLab] = useState(link.lab)
  const [settings, setSettings] = useState(link.settings)
  const [own, setOwn] = useState<Images | null>(null)
  const [from, setFrom] = useState<{ readonly name: string; readonly bytes: Uint8Array } | null>(null)
  const race = useRace()
  const begin = () => race.begin(lab, settings, { own, from: from?.bytes })
  useLayoutEffect(() => history.replaceState(null, '', addressWith('train', { lab, settings })), [lab, settings])
  useEffect(() => {
    if (link.start) begin()
  }, [])
  const under = race.racers.length > 0
  return (
    <div class="desk">
      <div class="stack">
        <Card title="Neurons">
          <Neurons lab={lab} onChange={setLab} />
        </Card>
        <Card title="Training">
          <Knobs settings={settings} onChange={setSettings} />
          <Data own={own} onChange={setOwn} from={from?.name ?? null} onFile={setFrom} />
          <div class="row">
            <button type="button" class="first" onClick={begin}>
              {under ? 'Start again' : 'Start'}
            </button>
            <button type="button" disabled={!under} onClick={race.toggle}>
              {race.racers.some(({ state }) => state.status === 'paused') ? 'Go on' : 'Pause'}
            </button>
          </div>
        </Card>
        <Link lab={lab} settings={settings} />
      </div>
      <div class="stack">
        {under ? (
          <Results racers={race.racers} />
        ) : (
          <Card>
            <p>
              A small network of these neurons learns to tell clothes apart, in this page:{' '}
              {settings.images.toLocaleString('en')} images of Fashion-MNIST, 28 x 28 pixels, ten classes. Nothing
              leaves your computer. Press <b>Start</b>.
            </p>
          </Card>
        )}
      </div>
    </div>
  )
}

/** The racers, and what is done with all of them. */
function useRace() {
  const [, show] = useState(0)
  const racers = useRef<Racer[]>([])
  const waiting = useRef(false)
  // Many updates a second are one picture.
  const changed = () => {
    if (waiting.current) return
    waiting.current = true
    requestAnimationFrame(() => {
      waiting.current = false
      show((n) => n + 1)
    })
  }
  const end = () => {
    for (const racer of racers.current) racer.end()
    racers.current = []
  }
  useEffect(() => end, [])
  return {
    racers: racers.current,
    begin(lab: Lab, settings: TrainSettings, { own, from }: { own: Images | null; from: Uint8Array | undefined }) {
      end()
      const neurons = racing(lab)
      const threads = Math.max(1, Math.floor(navigator.hardwareConcurrency / neurons.length))
      const data = own ?? new URL('./data/fashion-mnist/', document.baseURI).href
      racers.current = neurons.map((neuron) => {
        const racer = new Racer(neuron, changed, (bytes) => keep(`${neuron.name}.safetensors`, bytes))
        racer.start(settings, { data, threads, ...(from ? { from } : {}) })
        return racer
      })
      changed()
    },
    toggle() {
      const isPaused = racers.current.some(({ state }) => state.status === 'paused')
      for (const racer of racers.current) racer.send({ kind: isPaused ? 'resume' : 'pause' })
    },
  }
}

function keep(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

function Neurons({ lab, onChange }: { readonly lab: Lab; readonly onChange: (lab: Lab) => void }) {
  const neurons = racing(lab)
  const put = (i: number, name: string) =>
    onChange({ ...lab, chosen: 0, neurons: neurons.map((one, k) => (k === i ? fromZoo(name) : one)) })
  return (
    <>
      {neurons.map(({ name }, i) => (
        <div class="row" key={`${i} ${name}`}>
          <b style={{ color: `var(--n${i})` }}>{name}</b>
          <select
            aria-label={`another neuron in place of ${name}`}
            value=""
            onChange={({ currentTarget }) => put(i, currentTarget.value)}
          >
            <option value="" disabled>
              another…
            </option>
            {zooNames.map((one) => (
              <option value={one} key={one}>
                {one}
              </option>
            ))}
          </select>
          {neurons.length > 1 && (
            <button
              type="button"
              class="plain"
              onClick={() => onChange({ ...lab, chosen: 0, neurons: neurons.filter((_, k) => k !== i) })}
            >
              remove
            </button>
          )}
        </div>
      ))}
      <Choice
        label="surrogate of all"
        value={surrogateOfAll(neurons)}
        options={['as they have it', ...surrogateNames]}
        onChange={(surrogate) =>
          surrogate !== 'as they have it' &&
          onChange({ ...lab, neurons: lab.neurons.map((one) => ({ ...one, surrogate, alpha: null })) })
        }
      />
      <div class="row">
        {neurons.length < 2 && (
          <button type="button" onClick={() => onChange({ ...lab, neurons: [...neurons, fromZoo('lif')] })}>
            Race against another
          </button>
        )}
        <a href={addressWith('lab', lab)}>Change their equations</a>
      </div>
    </>
  )
}

/** The surrogate that all neurons have; where they differ, that they do. */
function surrogateOfAll(neurons: Lab['neurons']): string {
  const [first, ...others] = neurons
  return others.every(({ surrogate }) => surrogate === first.surrogate) ? first.surrogate : 'as they have it'
}

function Knobs({
  settings,
  onChange,
}: {
  readonly settings: TrainSettings
  readonly onChange: (settings: TrainSettings) => void
}) {
  const put = (part: Partial<TrainSettings>) => onChange({ ...settings, ...part })
  return (
    <div class="fields">
      <Choice
        label="network"
        value={settings.network}
        options={['convolutions', 'dense']}
        onChange={(network) => put({ network })}
      />
      <NumberField label="steps T" value={settings.T} min={1} max={64} onChange={(T) => put({ T })} />
      <NumberField
        label="learning rate"
        value={settings.learningRate}
        min={0}
        step="any"
        onChange={(learningRate) => put({ learningRate })}
      />
      <NumberField label="batch" value={settings.batch} min={1} max={512} onChange={(batch) => put({ batch })} />
      <NumberField label="epochs" value={settings.epochs} min={1} max={100} onChange={(epochs) => put({ epochs })} />
      <NumberField
        label="images"
        value={settings.images}
        min={100}
        max={11000}
        step={100}
        onChange={(images) => put({ images })}
      />
      <NumberField label="seed" value={settings.seed} min={0} onChange={(seed) => put({ seed })} />
      <Choice
        label="on"
        value={settings.backend}
        options={'gpu' in navigator ? (['wasm', 'webgpu'] as const) : (['wasm'] as const)}
        onChange={(backend) => put({ backend })}
      />
    </div>
  )
}

interface DataProps {
  readonly own: Images | null
  readonly onChange: (own: Images | null) => void
  readonly from: string | null
  readonly onFile: (file: { readonly name: string; readonly bytes: Uint8Array } | null) => void
}

function Data({ own, onChange, from, onFile }: DataProps) {
  const [isOver, setOver] = useState(false)
  const take = async (files: Images) => {
    const single = files.length === 1 && /\.safetensors$/.test(files[0].path) ? files[0].file : null
    if (single) onFile({ name: single.name, bytes: new Uint8Array(await single.arrayBuffer()) })
    else if (files.length > 0) onChange(files)
  }
  const drop = async (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    await take(await filesOf(event.dataTransfer))
  }
  const chosen = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
    take(Array.from(currentTarget.files ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file })))
  const over = (event: DragEvent) => {
    event.preventDefault()
    setOver(true)
  }
  return (
    <section
      class={`drop small${isOver ? ' over' : ''}`}
      aria-label="Data"
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {own ? (
        <p>
          {own.length} files of your own.{' '}
          <button type="button" class="plain" onClick={() => onChange(null)}>
            Fashion-MNIST again
          </button>
        </p>
      ) : (
        <p>Drop a folder of images, all of one size, or of recordings of an event camera here: one folder a class.</p>
      )}
      {from ? (
        <p>
          Goes on from {from}.{' '}
          <button type="button" class="plain" onClick={() => onFile(null)}>
            From the start
          </button>
        </p>
      ) : (
        <p class="quiet">Or a network that was saved here, to go on from.</p>
      )}
      <div class="fields">
        <label class="field">
          folder of images or recordings
          <input type="file" onChange={chosen} {...{ webkitdirectory: true }} />
        </label>
        <label class="field">
          saved network
          <input type="file" accept=".safetensors" onChange={chosen} />
        </label>
      </div>
    </section>
  )
}

function Link({ lab, settings }: { readonly lab: Lab; readonly settings: TrainSettings }) {
  const [told, setTold] = useState('')
  const copy = async () => {
    const address = new URL(addressWith('train', { lab, settings }), location.href).href
    await navigator.clipboard.writeText(address).then(
      () => setTold('The link is in the clipboard.'),
      () => setTold('The link is in the address bar.'),
    )
  }
  return (
    <Card>
      <button type="button" onClick={copy}>
        Copy a link that trains
      </button>
      <p class="small quiet" role="status">
        {told ||
          `Whoever opens it sees the same, and gets the same weights bit by bit on any machine with WebAssembly: compare the hash after ${hashAfter} updates.`}
      </p>
    </Card>
  )
}

/** Every tenth of a long curve would hide nothing, and cost a tenth: means of as many updates as there are pixels for. */
function smoothed(losses: readonly number[]): [number, number][] {
  const width = Math.max(1, Math.ceil(losses.length / 300))
  const points: [number, number][] = []
  for (let at = 0; at + width <= losses.length; at += width) {
    let sum = 0
    for (let k = 0; k < width; k++) sum += losses[at + k]
    points.push([at + width, sum / width])
  }
  return points
}

function Results({ racers }: { readonly racers: readonly Racer[] }) {
  const losses = racers.map(
    ({ neuron, state }, i): Curve => ({ name: neuron.name, colour: `n${i}`, points: smoothed(state.losses) }),
  )
  const accuracies = racers.map(
    ({ neuron, state }, i): Curve => ({
      name: neuron.name,
      colour: `n${i}`,
      points: state.epochs.map(({ update, accuracy }) => [update, accuracy]),
      dots: true,
    }),
  )
  const whole = useMemo(() => racers, [racers])
  return (
    <>
      <div class="grid">
        {racers.map(({ neuron, state }, i) => (
          <Standing
            name={neuron.name}
            colour={`n${i}`}
            state={state}
            onSave={() => racers[i].send({ kind: 'save' })}
            key={i}
          />
        ))}
      </div>
      <Card title="Loss by update">
        <Plot label="Loss by update" x="update" y="loss" curves={losses} />
      </Card>
      {racers.some(({ state }) => state.epochs.length > 0) && (
        <Card title="Accuracy by epoch, on images that are kept apart">
          <Plot label="Accuracy by epoch" x="update" y="accuracy" curves={accuracies} percent />
        </Card>
      )}
      {racers.some(({ state }) => state.samples.length > 0) && <Ask racers={whole} />}
    </>
  )
}

const words: { readonly [status in RacerState['status']]: string } = {
  starts: 'starts',
  trains: 'trains',
  paused: 'paused',
  done: 'done',
  failed: 'failed',
}

interface StandingProps {
  readonly name: string
  readonly colour: string
  readonly state: RacerState
  readonly onSave: () => void
}

function Standing({ name, colour, state, onSave }: StandingProps) {
  const { status, device, update, updates, imagesPerSecond, epochs, accuracy, hash, parameters, rates, fault, notes } =
    state
  const latest = accuracy ?? epochs.at(-1)?.accuracy ?? null
  return (
    <section class="card stack" aria-label={name}>
      <div class="row between">
        <h2 style={{ color: `var(--${colour})` }}>{name}</h2>
        <span class="small quiet">
          {words[status]}
          {device && ` · ${device}`}
        </span>
      </div>
      {fault ? (
        <pre class="fault">{fault}</pre>
      ) : (
        <>
          <div class="big">{latest === null ? '–' : `${(100 * latest).toFixed(1)} %`}</div>
          <p class="small quiet number">
            {accuracy === null ? 'of the images kept apart' : 'of the test images'}, {update} of {updates || '…'}{' '}
            updates, {Math.round(imagesPerSecond)} images/s, {parameters.toLocaleString('en')} parameters
          </p>
          <progress
            value={update}
            max={updates || 1}
            style={{ width: '100%', accentColor: `var(--${colour})` }}
            aria-label={`updates of ${name}`}
          />
          <p class="small">
            Weights after {hashAfter} updates: <code>{hash ?? '…'}</code>
          </p>
          {rates.length > 0 && <Rates rates={rates} colour={colour} />}
          {notes.map((note) => (
            <p class="small quiet" key={note}>
              {note}
            </p>
          ))}
          <div class="row">
            <button type="button" onClick={onSave}>
              Save the network
            </button>
          </div>
        </>
      )}
    </section>
  )
}

/** Below this, a layer hardly tells the next one anything. */
const silent = 0.005
const loud = 0.5

function Rates({ rates, colour }: { readonly rates: RacerState['rates']; readonly colour: string }) {
  const dead = rates.filter(({ rate }) => rate < silent)
  const busy = rates.filter(({ rate }) => rate > loud)
  return (
    <div class="small">
      <h3>Firing rates</h3>
      {rates.map(({ layer, rate }, k) => (
        <div class="slider" key={layer}>
          <span>layer {k + 1}</span>
          <meter
            value={rate}
            max={0.5}
            style={{ width: '100%', accentColor: `var(--${colour})` }}
            aria-label={`layer ${layer}`}
          />
          <span class="number">{(100 * rate).toFixed(1)} %</span>
        </div>
      ))}
      {dead.length > 0 && (
        <p>
          Layer {dead.map(({ layer }) => rates.findIndex((one) => one.layer === layer) + 1).join(', ')} is almost
          silent: lower the threshold, use a wider surrogate, or a smaller learning rate.
        </p>
      )}
      {busy.length > 0 && (
        <p>
          Layer {busy.map(({ layer }) => rates.findIndex((one) => one.layer === layer) + 1).join(', ')} fires at most
          steps, and tells little by it: raise the threshold.
        </p>
      )}
    </div>
  )
}
