import { useEffect, useRef, useState } from 'preact/hooks'
import { Canvas, type Pen } from '../parts/canvas.tsx'
import { Card, Choice, NumberField } from '../parts/choice.tsx'
import { type Curve, Plot } from '../parts/plot.tsx'
import { askFile, hasServer } from '../server.ts'
import { type Box, boxOf } from './arrived.ts'
import { ArrivedCard } from './arrived-card.tsx'
import { LayerMaps } from './layer-maps.tsx'
import type { FromMicroscope, MicroscopeInput, ToMicroscope } from './messages.ts'

type Told<Kind extends FromMicroscope['kind']> = Extract<FromMicroscope, { kind: Kind }>

/** Networks that come with Spikelet. */
const zoo = ['fashion-mnist-tiny', 'n-mnist-snn3']

/** Opens a network's file, plays an input, and goes through time. */
export default function MicroscopePage() {
  const { send, opened, tensors, ran, potential, arrivals, readings, fault } = useWorker()
  const [T, setT] = useState(20)
  const [step, setStep] = useState(-1)
  const [refused, setRefused] = useState('')
  const latest = useRef<{ readonly name: string; readonly bytes: Uint8Array } | null>(null)
  useEffect(() => {
    if (!opened) return
    setT(Math.max(1, opened.T))
    setStep(-1)
  }, [opened])
  const open = (name: string, bytes: Uint8Array) => {
    latest.current = { name, bytes }
    send({ kind: 'open', name, bytes, dt: null })
  }
  useEffect(() => {
    // The Runs page leads here with the name of a run: its best checkpoint, or its last while it has no other.
    const run = new URLSearchParams(/\?(.*)$/.exec(location.hash)?.[1]).get('run')
    if (run === null || !hasServer) return
    askFile(run, 'best')
      .catch(() => askFile(run, 'last'))
      .then((bytes) => open(`${run}.safetensors`, bytes))
      .catch((error: Error) => setRefused(error.message))
  }, [])
  const openZoo = async (name: string) => {
    const response = await fetch(new URL(`./data/zoo/${name}.safetensors`, document.baseURI))
    open(`${name}.safetensors`, new Uint8Array(await response.arrayBuffer()))
  }
  return (
    <div class="desk">
      <div class="stack">
        <Card title="A network">
          <FileDrop
            label="Drop a checkpoint, a PyTorch file, safetensors or a NIR graph here, or choose one."
            onFile={open}
          />
          <div class="row">
            {zoo.map((name) => (
              <button type="button" onClick={() => openZoo(name)} key={name}>
                {name}
              </button>
            ))}
          </div>
          {opened && opened.dt !== null && (
            <NumberField
              label="step of the NIR graph, dt, in its unit of time"
              value={opened.dt}
              min={1e-9}
              step="any"
              onChange={(dt) => latest.current && send({ kind: 'open', ...latest.current, dt })}
            />
          )}
          {(fault || refused) && <pre class="fault">{fault ?? refused}</pre>}
        </Card>
        {opened && <Input opened={opened} T={T} onT={setT} onRun={(input) => send({ kind: 'run', input, T })} />}
      </div>
      <div class="stack">
        {!opened && !tensors && (
          <Card>
            <p>
              A network opens here: its layers, its spikes layer by layer and step by step, the potential of any neuron,
              and what its spikes cost. A NIR graph is run in every way that libraries read one, and the page names the
              first neuron and step where two of them part. Nothing leaves your computer.
            </p>
          </Card>
        )}
        {tensors && <Tensors told={tensors} />}
        {opened && <Layers opened={opened} ran={ran} />}
        {ran && opened && (
          <Run
            ran={ran}
            classes={opened.classes}
            step={step}
            onStep={setStep}
            reached={arrivals}
            onNeuron={(layer, place) => send({ kind: 'neuron', layer, place })}
          />
        )}
        {potential && <Potential told={potential} />}
        {ran && arrivals && <ArrivedCard told={arrivals.arrivals} layer={arrivals.number} step={step} />}
        {opened && opened.dt !== null && ran && (
          <ReadingsCard onCompare={(expected) => send({ kind: 'readings', expected })} told={readings} />
        )}
      </div>
    </div>
  )
}

/** The worker that opens and runs, and the newest that it told of each kind. */
function useWorker() {
  const worker = useRef<Worker | null>(null)
  const [told, setTold] = useState<{ readonly [Kind in FromMicroscope['kind']]?: Told<Kind> }>({})
  // Begun with the first message: somebody may drop a file before effects have run.
  const begun = () => {
    const made = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    made.onmessage = ({ data }: MessageEvent<FromMicroscope>) => {
      setTold((before) => {
        if (data.kind === 'opened' || data.kind === 'tensors') return { [data.kind]: data }
        if (data.kind === 'ran')
          return { ...without(before, ['failed', 'potential', 'arrivals', 'readings']), ran: data }
        if (data.kind === 'arrivals') return { ...without(before, ['failed']), arrivals: data }
        if (data.kind === 'failed') return { ...without(before, ['arrivals']), failed: data }
        return { ...before, [data.kind]: data }
      })
    }
    return made
  }
  useEffect(() => () => worker.current?.terminate(), [])
  const send = (message: ToMicroscope) => {
    worker.current ??= begun()
    worker.current.postMessage(message)
  }
  const { opened, tensors, ran, potential, arrivals, readings, failed } = told
  return { send, opened, tensors, ran, potential, arrivals, readings, fault: failed?.message }
}

function without<Value extends object>(value: Value, names: readonly string[]): Value {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))) as Value
}

function FileDrop({
  label,
  onFile,
}: {
  readonly label: string
  readonly onFile: (name: string, bytes: Uint8Array) => void
}) {
  const [isOver, setOver] = useState(false)
  const take = async (file: File | undefined) => {
    if (file) onFile(file.name, new Uint8Array(await file.arrayBuffer()))
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    void take(event.dataTransfer?.files[0])
  }
  const over = (event: DragEvent) => {
    event.preventDefault()
    setOver(true)
  }
  return (
    <section
      class={`drop small${isOver ? ' over' : ''}`}
      aria-label={label}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label class="field">
        {label}
        <input type="file" onChange={({ currentTarget }) => take(currentTarget.files?.[0])} />
      </label>
    </section>
  )
}

interface InputProps {
  readonly opened: Told<'opened'>
  readonly T: number
  readonly onT: (T: number) => void
  readonly onRun: (input: MicroscopeInput) => void
}

function Input({ opened, T, onT, onRun }: InputProps) {
  const [kind, setKind] = useState<'poisson' | 'drawn' | 'fashion-mnist'>('poisson')
  const [rate, setRate] = useState(0.3)
  const [seed, setSeed] = useState(1)
  const [sample, setSample] = useState(0)
  const [file, setFile] = useState<{ readonly name: string; readonly bytes: Uint8Array } | null>(null)
  const [height = 1, width = 1] = opened.input
  const canDraw = opened.input.length === 3
  const canFashion = opened.input.join() === '28,28,1'
  const kinds = (['poisson', 'drawn', 'fashion-mnist'] as const).filter(
    (one) => one === 'poisson' || (one === 'drawn' ? canDraw : canFashion),
  )
  const [pixels, setPixels] = useState(() => new Uint8Array(height * width))
  const drawn = pixels.length === height * width ? pixels : new Uint8Array(height * width)
  const put = (x: number, y: number, pressed: boolean) => {
    if (!pressed) return
    const next = drawn.slice()
    for (let i = 0; i < next.length; i++) {
      const distance = Math.hypot((i % width) + 0.5 - x * width, Math.floor(i / width) + 0.5 - y * height)
      next[i] = Math.max(next[i], 230 * Math.min(1, Math.max(0, 1.9 - distance)))
    }
    setPixels(next)
    onRun({ kind: 'pixels', pixels: next })
  }
  const begin = () => {
    if (file) onRun({ kind: 'file', ...file, sample })
    else if (kind === 'drawn') onRun({ kind: 'pixels', pixels: drawn })
    else if (kind === 'poisson') onRun({ kind: 'poisson', rate, seed })
    else onRun({ kind, address: new URL('./data/fashion-mnist/', document.baseURI).href, sample })
  }
  return (
    <Card title="Its input">
      <p class="small quiet">
        A step is {opened.input.join(' x ')} {opened.input.length === 3 ? '(height, width, channels)' : 'values'}.
      </p>
      <div class="fields">
        <NumberField label="steps T" value={T} min={1} max={1000} onChange={onT} />
        <Choice label="kind" value={kind} options={kinds} onChange={setKind} />
        {kind === 'poisson' && <NumberField label="rate" value={rate} min={0} max={1} step="any" onChange={setRate} />}
        {kind === 'poisson' && <NumberField label="seed" value={seed} min={0} onChange={setSeed} />}
        {(file || kind === 'fashion-mnist') && (
          <NumberField label="sample" value={sample} min={0} max={file ? 1e9 : 1999} onChange={setSample} />
        )}
      </div>
      {kind === 'drawn' && (
        <div style={{ width: '11rem' }}>
          <Canvas
            square
            height={0}
            label="The image that is shown to the network: draw on it"
            draw={(pen) => paintGrey(pen, drawn, height, width)}
            onPoint={put}
          />
          <button type="button" class="plain" onClick={() => setPixels(new Uint8Array(height * width))}>
            clear
          </button>
        </div>
      )}
      <FileDrop
        label="Or a file: numbers (.npy, [T, ...]), or a recording of an event camera."
        onFile={(name, bytes) => setFile({ name, bytes })}
      />
      {file && (
        <p class="small">
          {file.name}{' '}
          <button type="button" class="plain" onClick={() => setFile(null)}>
            leave it out
          </button>
        </p>
      )}
      <button type="button" class="first" onClick={begin}>
        Run
      </button>
    </Card>
  )
}

function paintGrey({ context, width, height }: Pen, pixels: Uint8Array, h: number, w: number): void {
  const image = new ImageData(w, h)
  pixels.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i))
  const small = new OffscreenCanvas(w, h)
  small.getContext('2d')?.putImageData(image, 0, 0)
  context.imageSmoothingEnabled = false
  context.drawImage(small, 0, 0, width, height)
}

function Tensors({ told }: { readonly told: Told<'tensors'> }) {
  return (
    <Card title={told.name}>
      <p class="quiet">
        {told.what}, {told.tensors.length} tensors
      </p>
      {told.notes.map((note) => (
        <p class="small" key={note}>
          {note}
        </p>
      ))}
      <div class="scroll" style={{ maxHeight: '30rem' }}>
        <table>
          <tbody>
            {told.tensors.map(([path, shape]) => (
              <tr key={path}>
                <th scope="row">{path}</th>
                <td>{shape}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}

function Layers({ opened, ran }: { readonly opened: Told<'opened'>; readonly ran: Told<'ran'> | undefined }) {
  const rates = new Map(ran?.layers.map(({ path, rate }) => [path, rate]))
  const parameters = opened.rows.reduce((sum, row) => sum + row.parameters, 0)
  return (
    <Card title={opened.name}>
      <p class="quiet">
        {opened.what}; {parameters.toLocaleString('en')} parameters
      </p>
      {opened.notes.map((note) => (
        <p class="small" key={note}>
          {note}
        </p>
      ))}
      <details open={opened.rows.length <= 14}>
        <summary>{opened.rows.length} layers</summary>
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">layer</th>
                <th scope="col">kind</th>
                <th scope="col">output</th>
                <th scope="col">parameters</th>
                <th scope="col">firing rate</th>
              </tr>
            </thead>
            <tbody>
              {opened.rows.map((row) => (
                <tr key={row.path}>
                  <th scope="row">{row.path || '(whole)'}</th>
                  <td>{row.type}</td>
                  <td>{row.output}</td>
                  <td>{row.parameters === 0 ? '' : row.parameters.toLocaleString('en')}</td>
                  <td>{rates.has(row.path) ? `${(100 * (rates.get(row.path) ?? 0)).toFixed(1)} %` : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </Card>
  )
}

interface RunProps {
  readonly ran: Told<'ran'>
  readonly classes: readonly string[]
  /** -1: summed over time. */
  readonly step: number
  readonly onStep: (change: number | ((now: number) => number)) => void
  /** What reached the neuron that was chosen last. */
  readonly reached: Told<'arrivals'> | undefined
  readonly onNeuron: (layer: number, place: number) => void
}

function Run({ ran, classes, step, onStep, reached, onNeuron }: RunProps) {
  const [plays, setPlays] = useState(false)
  useEffect(() => {
    if (!plays) return
    const timer = setInterval(() => onStep((now) => (now + 1 >= ran.T ? 0 : now + 1)), 120)
    return () => clearInterval(timer)
  }, [plays, ran.T])
  const boxes = boxesOf(reached)
  const best = ran.outputs.indexOf(Math.max(...ran.outputs))
  const { cost } = ran
  return (
    <Card title="Through time">
      <div class="tiles small">
        <div>
          <div class="big">{classes[best] ?? `output ${best}`}</div>
          <span class="quiet">largest mean output</span>
        </div>
        {cost && (
          <div>
            <div class="big">{short(cost.accumulates)}</div>
            <span class="quiet">additions that spikes made, and {short(cost.multiplyAccumulates)} multiply-adds</span>
          </div>
        )}
        {cost && (
          <div>
            <div class="big">{(cost.picojoules / 1e6).toPrecision(3)} µJ</div>
            <span class="quiet">of these operations, at 45 nm</span>
          </div>
        )}
      </div>
      <div class="row">
        <button type="button" aria-pressed={plays} onClick={() => setPlays(!plays)}>
          {plays ? 'Pause' : 'Play'}
        </button>
        <button type="button" aria-pressed={step < 0} onClick={() => onStep(-1)}>
          all steps
        </button>
        <label class="field" style={{ flex: '1 1 12rem' }}>
          {step < 0 ? `summed over ${ran.T} steps` : `step ${step}`}
          <input
            type="range"
            min={0}
            max={ran.T - 1}
            value={Math.max(0, step)}
            onInput={({ currentTarget }) => onStep(currentTarget.valueAsNumber)}
          />
        </label>
      </div>
      {ran.input.shape.length === 3 && (
        <LayerMaps
          layer={ran.input}
          T={ran.T}
          step={step}
          about={ran.inputText}
          tallest={140}
          box={boxes.get('input')}
        />
      )}
      <p class="small quiet">
        Choose a neuron in a picture of a layer to see its potential, and what reached it: a frame marks from where
        something can.
      </p>
      {ran.layers.map((layer, k) => (
        <LayerMaps
          layer={layer}
          T={ran.T}
          step={step}
          onNeuron={(place) => onNeuron(k, place)}
          box={boxes.get(layer.path)}
          key={layer.path}
        />
      ))}
    </Card>
  )
}

/** Which part of each layer's frame can reach the neuron that was chosen. */
function boxesOf(reached: Told<'arrivals'> | undefined): ReadonlyMap<string, Box> {
  const fields = reached?.arrivals.steps.flatMap(({ fields }) => fields) ?? []
  const sources = new Map(fields.map(({ source, shape }) => [source, shape]))
  const boxes = [...sources].map(([source, shape]) => {
    const places = fields.flatMap((field) => (field.source === source ? [...field.places] : []))
    return [source, boxOf(shape, places)] as const
  })
  return new Map(boxes.filter((one): one is readonly [string, Box] => one[1] !== null))
}

function short(value: number): string {
  const units = ['', ' k', ' M', ' G']
  const power = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  return `${Number((value / 1000 ** power).toPrecision(3))}${units[power]}`
}

function Potential({ told }: { readonly told: Told<'potential'> }) {
  const points = (values: Float64Array): [number, number][] => Array.from(values, (value, t) => [t, value])
  const curves: Curve[] = [
    { name: told.name.replace(/#\d+$/, ''), colour: 'n0', points: points(told.potential) },
    { name: 'threshold', colour: 'quiet', points: points(told.threshold) },
    { name: 'input current', colour: 'way-1', points: points(told.x) },
    { name: 'output', colour: 'spike', points: points(told.s) },
  ]
  return (
    <Card title={`Neuron ${told.place} of layer ${told.layer + 1}`}>
      <Plot label={`Potential of neuron ${told.place}`} x="step" y="potential" curves={curves} />
    </Card>
  )
}

interface ReadingsProps {
  readonly told: Told<'readings'> | undefined
  readonly onCompare: (expected: Uint8Array | null) => void
}

function ReadingsCard({ told, onCompare }: ReadingsProps) {
  return (
    <Card title="How it may be read">
      <p class="small">
        Libraries differ in what a NIR graph leaves open. Run every reading with this input; or drop the spikes that
        another library computed (.npy, [T, neurons of the last layer]) to find the reading that made them.
      </p>
      <button type="button" onClick={() => onCompare(null)}>
        Compare the readings
      </button>
      <FileDrop label="Spikes of another library" onFile={(_, bytes) => onCompare(bytes)} />
      {told && (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">reading</th>
                <th scope="col">spikes</th>
                <th scope="col">{told.compared ? 'first differs from the file' : 'first differs from the first'}</th>
              </tr>
            </thead>
            <tbody>
              {told.rows.map(({ text, spikes, differs }) => (
                <tr key={text}>
                  <th scope="row">{text}</th>
                  <td>{spikes}</td>
                  <td>{differs}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  )
}
