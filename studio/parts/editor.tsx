import { autocompletion, type CompletionContext } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'preact/hooks'

/** What equations may call, and a word about each. */
const functions: { readonly [name: string]: string } = {
  spike: 'spike(v): 1 where v is 0 or more; its gradient is the surrogate’s',
  reset: 'reset(u): on a line of its own; what a spike takes from the potential',
  input: 'input(x / tau): x, or what it holds where the input decays',
  leak: 'leak(u, 1/tau): the potential after its leak',
  detach: 'detach(v): v, through which no gradient goes',
  where: 'where(c >= 0, a, b): a where c is 0 or more, else b',
  noise: 'noise(): a standard normal number, in training alone',
  sigmoid: 'sigmoid(v)',
  tanh: 'tanh(v)',
  exp: 'exp(v)',
  log: 'log(v)',
  sqrt: 'sqrt(v)',
  abs: 'abs(v)',
  relu: 'relu(v)',
  min: 'min(a, b)',
  max: 'max(a, b)',
  sin: 'sin(v)',
  cos: 'cos(v)',
  erf: 'erf(v)',
  floor: 'floor(v): its gradient passes straight through',
  round: 'round(v): its gradient passes straight through',
}

const language = StreamLanguage.define<null>({
  startState: () => null,
  token(stream) {
    if (stream.match(/#.*|\/\/.*/)) return 'comment'
    if (stream.match(/\d+\.?\d*(?:e[+-]?\d+)?/i)) return 'number'
    const name = stream.match(/[A-Za-z_]\w*/) as RegExpMatchArray | null
    if (name)
      return Object.hasOwn(functions, name[0]) ? 'keyword' : name[0] === 's' || name[0] === 'x' ? 'atom' : 'variable'
    if (stream.match(/[-+*/^=]/)) return 'operator'
    stream.next()
    return null
  },
})

const colours = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--quiet)', fontStyle: 'italic' },
  { tag: tags.number, color: 'var(--way-1)' },
  { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
  { tag: tags.atom, color: 'var(--spike)', fontWeight: '600' },
  { tag: tags.operator, color: 'var(--quiet)' },
])

const look = EditorView.theme({
  '.cm-content': { caretColor: 'var(--ink)', color: 'var(--ink)' },
  '.cm-gutters': { background: 'none', color: 'var(--quiet)', border: 'none' },
  '&.cm-focused .cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-tooltip': { background: 'var(--card)', color: 'var(--ink)', border: '1px solid var(--line)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--soft)', color: 'var(--ink)' },
  '.cm-diagnostic': { fontFamily: 'inherit', whiteSpace: 'pre-wrap' },
})

interface EditorProps {
  /** What it starts with; from then on the editor's own text counts. Another `key` makes another editor. */
  readonly text: string
  /** Names that the equations may read, besides those that they assign. */
  readonly names: readonly string[]
  readonly fault: {
    readonly message: string
    readonly span: { readonly start: number; readonly end: number } | null
  } | null
  readonly onChange: (text: string) => void
}

/** A box for equations: colours, completion, and faults under the characters that they are about. */
export function Editor({ text, names, fault, onChange }: EditorProps) {
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const latest = useRef({ names, onChange })
  latest.current = { names, onChange }
  useEffect(() => {
    const complete = (context: CompletionContext) => {
      const word = context.matchBefore(/[A-Za-z_]\w*/)
      if (!word && !context.explicit) return null
      const assigned = [...context.state.doc.toString().matchAll(/^\s*([A-Za-z_]\w*)\s*=/gm)].map(([, name]) => name)
      const own = [...new Set(['x', 's', ...latest.current.names, ...assigned])]
      // A whole name asks for nothing: Enter behind it is a new line.
      if (word && !context.explicit && [...own, ...Object.keys(functions)].includes(word.text)) return null
      return {
        from: word?.from ?? context.pos,
        options: [
          ...own.map((label) => ({ label, type: 'variable' })),
          ...Object.entries(functions).map(([label, detail]) => ({
            label,
            detail: detail.replace(/^\w+/, ''),
            type: 'function',
          })),
        ],
      }
    }
    const made = new EditorView({
      parent: place.current as HTMLDivElement,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          language,
          syntaxHighlighting(colours),
          autocompletion({ override: [complete] }),
          lintGutter(),
          look,
          EditorView.contentAttributes.of({ 'aria-label': 'Equations of one time step' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
  }, [])
  useEffect(() => {
    const now = view.current
    if (!now) return
    const found: Diagnostic[] = []
    if (fault?.span) {
      const size = now.state.doc.length
      const from = Math.min(fault.span.start, Math.max(0, size - 1))
      found.push({
        from,
        to: Math.min(size, Math.max(fault.span.end, from + 1)),
        severity: 'error',
        message: fault.message,
      })
    }
    now.dispatch(setDiagnostics(now.state, found))
  }, [fault, text])
  return <div ref={place} />
}
