import { useEffect, useRef } from 'preact/hooks'
import { chartRules, paletteStyle } from 'spikelet/report'

/** The colours of Spikelet's pictures, where the page is light or dark. */
const colours = `:root{${paletteStyle('light')}}
:root[data-theme="dark"]{${paletteStyle('dark')}}
@media (prefers-color-scheme:dark){:root:not([data-theme="light"]){${paletteStyle('dark')}}}
${chartRules}`

const shown = new CSSStyleSheet()

interface PicturesProps {
  /** What the room `report` drew: markup in which all from elsewhere is escaped. */
  readonly html: string
  readonly className?: string
}

/** Pictures as reports have them. */
export function Pictures({ html, className = '' }: PicturesProps) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (document.adoptedStyleSheets.includes(shown)) return
    shown.replaceSync(colours)
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, shown]
  }, [])
  useEffect(() => {
    const at = place.current
    if (at && at.innerHTML !== html) at.innerHTML = html
  }, [html])
  return <div ref={place} class={`pictures ${className}`} />
}
