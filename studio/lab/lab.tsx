import { useEffect, useMemo, useState } from 'preact/hooks'
import { draw, printNeuron } from 'spikelet/browser'
import { addressWith, stateOfAddress } from '../link.ts'
import { Card, Choice, NumberField } from '../parts/choice.tsx'
import { Editor } from '../parts/editor.tsx'
import { rangeOf, Slider } from '../parts/slider.tsx'
import { distances, type Examined, examined, isFault } from './examine.ts'
import { Intro } from './intro.tsx'
import {
  definitionOf,
  firstLab,
  fromZoo,
  type Lab,
  type LabInput,
  type LabNeuron,
  labOf,
  mostNeurons,
  mostSteps,
  optionsOf,
  surrogateNames,
  zooNames,
} from './model.ts'
import { numbersOfFile } from './numbers-file.ts'
import { GradientLeft, GradientPicture, GradientWays, percent, Traces } from './pictures.tsx'

const inputKinds: readonly LabInput['kind'][] = ['poisson', 'constant', 'ramp', 'drawn']
const resets: readonly LabNeuron['reset'][] = ['soft', 'hard', 'late', 'none']

/** The neuron laboratory: equations, numbers and input on one side, what follows from them on the other. */
export default function LabPage() {
  const [lab, setLab] = useState<Lab>(() => labOf(stateOfAddress(location.hash)) ?? firstLab())
  const [step, setStep] = useState<number | null>(null)
  const found = useExamined(lab)
  useEffect(() => {
    const timer = setTimeout(() => history.replaceState(null, '', addressWith('lab', lab)), 300)
    return () => clearTimeout(timer)
  }, [lab])
  const own = lab.neurons[lab.chosen]
  const change = (part: Partial<LabNeuron>) =>
    setLab((now) => ({ ...now, neurons: now.neurons.map((one, i) => (i === now.chosen ? { ...one, ...part } : one)) }))
  const input = (part: Partial<LabInput>) => setLab((now) => ({ ...now, input: { ...now.input, ...part } }))
  const fault = found[lab.chosen]
  const drawInput = (t: number, level: number) => {
    const values = Array.from({ length: lab.T }, (_, k) => lab.input.values[k] ?? 0)
    values[t] = Math.max(0, Math.min(1, level)) * lab.input.strength
    input({ kind: 'drawn', values })
  }
  return (
    <>
      <Intro />
      <div class="desk">
        <div class="stack">
          <NeuronTabs lab={lab} onChange={setLab} />
          <Card>
            <NeuronFields
              key={`${lab.chosen} of ${lab.neurons.length}`}
              own={own}
              fault={fault && isFault(fault) ? fault : null}
              onChange={change}
            />
          </Card>
          <Card title="Input">
            <div class="fields">
              <Choice label="kind" value={lab.input.kind} options={inputKinds} onChange={(kind) => input({ kind })} />
              <NumberField
                label="steps T"
                value={lab.T}
                min={1}
                max={mostSteps}
                onChange={(T) => setLab({ ...lab, T })}
              />
              {lab.input.kind === 'poisson' && (
                <NumberField label="seed" value={lab.input.seed} min={0} onChange={(seed) => input({ seed })} />
              )}
            </div>
            <Slider
              name="strength"
              value={lab.input.strength}
              min={0}
              max={4}
              step={0.01}
              onChange={(strength) => input({ strength })}
            />
            {lab.input.kind === 'poisson' && (
              <Slider
                name="rate"
                value={lab.input.rate}
                min={0}
                max={1}
                step={0.01}
                onChange={(rate) => input({ rate: Math.min(1, Math.max(0, rate)) })}
              />
            )}
            <p class="small quiet">Draw over the input row of a picture to make an input of your own.</p>
            <InputFile
              onValues={(values) =>
                setLab((now) => ({
                  ...now,
                  T: Math.min(mostSteps, values.length),
                  input: { ...now.input, kind: 'drawn', values: values.slice(0, mostSteps) },
                }))
              }
            />
          </Card>
          <Share lab={lab} />
        </div>
        <div class="stack">
          <Pictures lab={lab} found={found} step={step} onStep={setStep} onDraw={drawInput} />
        </div>
      </div>
    </>
  )
}

function InputFile({ onValues }: { readonly onValues: (values: readonly number[]) => void }) {
  const [told, setTold] = useState('')
  const take = (file: File | undefined) => {
    if (!file) return
    numbersOfFile(file).then(
      (values) => {
        setTold(values.length > mostSteps ? `The first ${mostSteps} of ${values.length} numbers.` : '')
        onValues(values)
      },
      (error: Error) => setTold(error.message),
    )
  }
  return (
    <label class="field small">
      or from a file: numbers, one a step (.npy or text)
      <input type="file" onChange={({ currentTarget }) => take(currentTarget.files?.[0])} />
      {told && <span role="status">{told}</span>}
    </label>
  )
}

type Found = ReturnType<typeof examined>

/** Examines each neuron when it, the input or T changed, and keeps the others. */
function useExamined(lab: Lab): readonly Found[] {
  const [kept] = useState(
    () => new Map<LabNeuron, { readonly input: LabInput; readonly T: number; readonly found: Found }>(),
  )
  return useMemo(() => {
    const all = lab.neurons.map((neuron) => {
      const earlier = kept.get(neuron)
      if (earlier && earlier.input === lab.input && earlier.T === lab.T) return earlier.found
      const made = { input: lab.input, T: lab.T, found: examined(neuron, lab) }
      kept.set(neuron, made)
      return made.found
    })
    for (const neuron of [...kept.keys()]) if (!lab.neurons.includes(neuron)) kept.delete(neuron)
    return all
  }, [lab])
}

function NeuronTabs({ lab, onChange }: { readonly lab: Lab; readonly onChange: (lab: Lab) => void }) {
  const { neurons, chosen } = lab
  return (
    <div class="row between">
      <div class="tabs">
        {neurons.map(({ name }, i) => (
          <button
            type="button"
            aria-pressed={i === chosen}
            style={{ '--own': `var(--n${i})` }}
            onClick={() => onChange({ ...lab, chosen: i })}
            key={`${i} ${name}`}
          >
            {name || 'unnamed'}
          </button>
        ))}
        {neurons.length < mostNeurons && (
          <button
            type="button"
            onClick={() =>
              onChange({
                ...lab,
                neurons: [...neurons, neurons[chosen]].map((one) => ({ ...one })),
                chosen: neurons.length,
              })
            }
          >
            + another
          </button>
        )}
      </div>
      {neurons.length > 1 && (
        <button
          type="button"
          class="plain"
          onClick={() =>
            onChange({ ...lab, neurons: neurons.filter((_, i) => i !== chosen), chosen: Math.max(0, chosen - 1) })
          }
        >
          remove
        </button>
      )}
    </div>
  )
}

interface NeuronFieldsProps {
  readonly own: LabNeuron
  readonly fault: {
    readonly message: string
    readonly span: { readonly start: number; readonly end: number } | null
  } | null
  readonly onChange: (part: Partial<LabNeuron>) => void
}

function NeuronFields({ own, fault, onChange }: NeuronFieldsProps) {
  const [texts, setTexts] = useState(0)
  const start = (name: string) => {
    onChange(fromZoo(name))
    setTexts(texts + 1)
  }
  const numbers = [...Object.entries(own.constants), ...Object.entries(own.starts)]
  const unknown = /unknown name '([A-Za-z_]\w*)'/.exec(fault?.message ?? '')?.[1]
  const takes = (marker: RegExp) => marker.test(own.equations)
  return (
    <>
      <div class="fields">
        <label class="field">
          start from
          <select value="" onChange={({ currentTarget }) => start(currentTarget.value)}>
            <option value="" disabled>
              a published neuron
            </option>
            {zooNames.map((name) => (
              <option value={name} key={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          name
          <input
            value={own.name}
            maxLength={60}
            onInput={({ currentTarget }) => onChange({ name: currentTarget.value })}
          />
        </label>
      </div>
      <Editor
        key={texts}
        text={own.equations}
        names={numbers.map(([name]) => name)}
        fault={fault}
        onChange={(equations) => onChange({ equations })}
      />
      <div aria-live="polite">
        {fault && <pre class="fault">{fault.message}</pre>}
        {unknown && (
          <button type="button" onClick={() => onChange({ constants: { ...own.constants, [unknown]: 0.5 } })}>
            Make {unknown} a constant
          </button>
        )}
      </div>
      <div class="stack">
        {Object.entries(own.constants).map(([name, value]) => (
          <Moved
            name={name}
            value={value}
            onChange={(now) => onChange({ constants: { ...own.constants, [name]: now } })}
            key={name}
          />
        ))}
        {Object.entries(own.starts).map(([name, value]) => (
          <Moved
            name={name}
            value={value}
            onChange={(now) => onChange({ starts: { ...own.starts, [name]: now } })}
            key={name}
          />
        ))}
      </div>
      <div class="fields">
        <Choice
          label="surrogate"
          value={own.surrogate}
          options={surrogateNames}
          onChange={(surrogate) => onChange({ surrogate, alpha: null })}
        />
        <Choice
          label="reset"
          value={own.reset}
          options={resets}
          disabled={!takes(/^\s*reset\s*\(/m)}
          onChange={(reset) => onChange({ reset })}
        />
        <label class="row small">
          <input
            type="checkbox"
            checked={own.detachReset}
            disabled={!takes(/^\s*reset\s*\(/m)}
            onChange={({ currentTarget }) => onChange({ detachReset: currentTarget.checked })}
          />
          no gradient through the reset
        </label>
        <label class="row small">
          <input
            type="checkbox"
            checked={own.decayInput}
            disabled={!takes(/\binput\s*\(/)}
            onChange={({ currentTarget }) => onChange({ decayInput: currentTarget.checked })}
          />
          the input decays
        </label>
      </div>
    </>
  )
}

/** A slider whose range stays where it was when the constant came. */
function Moved({
  name,
  value,
  onChange,
}: {
  readonly name: string
  readonly value: number
  readonly onChange: (value: number) => void
}) {
  const [range] = useState(() => rangeOf(value))
  const wide = { ...range, min: Math.min(range.min, value), max: Math.max(range.max, value) }
  return <Slider name={name} value={value} {...wide} onChange={onChange} />
}

interface PicturesProps {
  readonly lab: Lab
  readonly found: readonly Found[]
  readonly step: number | null
  readonly onStep: (step: number) => void
  readonly onDraw: (step: number, level: number) => void
}

function Pictures({ lab, found, step, onStep, onDraw }: PicturesProps) {
  const whole = found.flatMap((one, i) => (isFault(one) ? [] : [{ found: one, colour: `n${i}` }]))
  return (
    <>
      <div class="grid">
        {found.map((one, i) => (
          <section class="card stack" key={i} aria-label={lab.neurons[i].name}>
            <div class="row between">
              <h2 style={{ color: `var(--n${i})` }}>{lab.neurons[i].name || 'unnamed'}</h2>
              {!isFault(one) && (
                <span class="small quiet number">
                  fires in {percent(one.rate)} of {lab.T} steps
                </span>
              )}
            </div>
            {isFault(one) ? (
              <p class="quiet">Its equations cannot be read yet.</p>
            ) : (
              <Traces found={one} colour={`n${i}`} step={step} onStep={onStep} onDraw={onDraw} />
            )}
          </section>
        ))}
      </div>
      {whole.length > 0 && (
        <section class="card stack" aria-label="Gradient left">
          <h2>How much gradient is left after some steps back in time</h2>
          <GradientLeft all={whole} />
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">steps back</th>
                  {distances.map((distance) => (
                    <th scope="col" key={distance}>
                      {distance}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {whole.map(({ found: one, colour }, k) => (
                  <tr key={k}>
                    <th scope="row" style={{ color: `var(--${colour})` }}>
                      {one.neuron.name}
                    </th>
                    {one.left.map((value, i) => (
                      <td key={distances[i]}>{percent(value)}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
      <div class="grid">
        {whole.map(({ found: one, colour }, k) => (
          <section class="card stack" key={k} aria-label={`Gradient map of ${one.neuron.name}`}>
            <h2>
              Gradient map of <span style={{ color: `var(--${colour})` }}>{one.neuron.name}</span>
            </h2>
            <GradientPicture map={one.map} T={lab.T} step={step} onStep={onStep} />
            <p class="small quiet">
              Row: the step whose input hears of it. Column: the step whose output the loss reads. Choose a column to
              see which ways its gradient takes.
            </p>
            {step !== null && step < lab.T && (
              <>
                <h3>From step {step} back</h3>
                <GradientWays map={one.map} T={lab.T} step={step} />
              </>
            )}
            <Programs found={one} own={lab.neurons[Number(colour.slice(1))]} />
          </section>
        ))}
      </div>
    </>
  )
}

/** What is made of the equations: the step, its gradient, and the definition as a file. */
function Programs({ found, own }: { readonly found: Examined; readonly own: LabNeuron }) {
  const [isOpen, setOpen] = useState(false)
  const [kernels, setKernels] = useState<{ readonly neuron: Examined['neuron']; readonly text: string } | null>(null)
  const compile = async (language: 'wat' | 'wgsl') => {
    const { kernelsOf } = await import('./kernels.ts')
    setKernels({ neuron: found.neuron, text: kernelsOf(found.neuron, language, found.recording.T) })
  }
  const picture = () => {
    const svg = draw({ type: 'recording', T: found.recording.T, about: 'studio', recordings: [found.recording] })
    save(`${own.name || 'neuron'}.svg`, 'image/svg+xml', svg)
  }
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Program, gradient, file</summary>
      {isOpen && (
        <div class="stack">
          <pre>{printNeuron(found.neuron)}</pre>
          <pre>{fileText(own)}</pre>
          <div class="row">
            <button
              type="button"
              onClick={() => save(`${own.name || 'neuron'}.json`, 'application/json', fileText(own))}
            >
              Save as a neuron file
            </button>
            <button type="button" onClick={picture}>
              Save the traces as SVG
            </button>
            <button type="button" onClick={() => compile('wat')}>
              WebAssembly
            </button>
            <button type="button" onClick={() => compile('wgsl')}>
              WGSL
            </button>
          </div>
          {kernels?.neuron === found.neuron && <pre style={{ maxHeight: '24rem' }}>{kernels.text}</pre>}
        </div>
      )}
    </details>
  )
}

/** As `--neuron mine.json` takes it. */
function fileText(own: LabNeuron): string {
  return `${JSON.stringify({ ...definitionOf(own), ...optionsOf(own) }, null, 2)}\n`
}

function save(name: string, type: string, text: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

function Share({ lab }: { readonly lab: Lab }) {
  const [told, setTold] = useState('')
  const copy = async () => {
    const address = new URL(addressWith('lab', lab), location.href).href
    try {
      await navigator.clipboard.writeText(address)
      setTold('The link is in the clipboard.')
    } catch {
      history.replaceState(null, '', addressWith('lab', lab))
      setTold('The link is in the address bar.')
    }
  }
  return (
    <Card>
      <div class="row">
        <button type="button" class="first" onClick={() => (location.hash = addressWith('train', { lab }))}>
          Train these neurons
        </button>
        <button type="button" onClick={copy}>
          Copy a link
        </button>
      </div>
      <p class="small quiet" role="status">
        {told || 'A link holds the neurons, their numbers and the input.'}
      </p>
    </Card>
  )
}
