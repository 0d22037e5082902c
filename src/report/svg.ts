import { paletteStyle } from './palette.ts'

/** Text as it may stand in XML, in attributes too. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** An element; children are XML already. Numbers keep two decimals. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  children: string | readonly string[] = '',
): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escapeXml(String(value))}"`)
  const inside = typeof children === 'string' ? children : children.join('')
  return inside === '' ? `<${name}${list.join('')}/>` : `<${name}${list.join('')}>${inside}</${name}>`
}

export function svgText(x: number, y: number, text: string, attributes: Record<string, string | number> = {}): string {
  return element('text', { x, y, ...attributes }, escapeXml(text))
}

/** A number with two decimals at most, for coordinates. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100)
}

export interface Picture {
  width: number
  height: number
  title: string
  /** The picture in words, for those who cannot see it. */
  description: string
}

/** A whole SVG element with its text alternative. Its colours come from `chartStyle` on the page. */
export function picture({ width, height, title, description }: Picture, children: readonly string[]): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${short(width)} ${short(height)}`,
      role: 'img',
      'aria-label': `${title}. ${description}`,
      class: 'chart',
    },
    [element('title', {}, escapeXml(title)), ...children],
  )
}

/** The same picture as a file of its own, with its colours inside. */
export function standaloneSvg(svg: string): string {
  return svg.replace('<title>', `<style>${chartStyle}svg.chart{background:var(--paper)}</style><title>`)
}

/** A picture as a part of another one: at a place, in its own size. */
export function panel(svg: string, x: number, y: number, width: number, height: number): string {
  return svg
    .replace(' class="chart"', '')
    .replace('<svg ', `<svg x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" `)
}

/** Width and height of a picture. */
export function sizeOfPicture(svg: string): [number, number] {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) as RegExpExecArray
  return [Number(width), Number(height)]
}

/** Pictures beside each other, at most `columns` in a row, as one. */
export function sideBySide(whole: Omit<Picture, 'width' | 'height'>, pictures: readonly string[], columns = 3): string {
  const gap = 16
  const sizes = pictures.map(sizeOfPicture)
  const parts: string[] = []
  let [x, y, rowHeight, width] = [0, 0, 0, 0]
  pictures.forEach((svg, i) => {
    if (i > 0 && i % columns === 0) {
      y += rowHeight + gap
      x = 0
      rowHeight = 0
    }
    const [w, h] = sizes[i]
    parts.push(panel(svg, x, y, w, h))
    x += w + gap
    width = Math.max(width, x - gap)
    rowHeight = Math.max(rowHeight, h)
  })
  return picture({ ...whole, width, height: y + rowHeight }, parts)
}

/** How charts are drawn, on a page that has its own colours by the same names. */
export const chartRules = `.chart{display:block;width:100%;height:auto;font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--ink)}
.chart .quiet{fill:var(--quiet)}
.chart .grid{stroke:var(--line);stroke-width:1;fill:none}
.chart .series{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.chart .band{opacity:.16;stroke:none}
.chart .on{fill:var(--paper)}
.chart .struck{stroke:var(--quiet);stroke-width:1;opacity:.45}
.chart .arrow{fill:none;stroke-width:1.6}
`

/** Colours and type of all charts, light and dark. */
export const chartStyle = `
:root{color-scheme:light dark;--paper:#fcfbf8;--ink:#24292f;--quiet:#69717a;--line:#e4e1d9;--card:#ffffff;${paletteStyle('light')}}
@media (prefers-color-scheme:dark){:root{--paper:#15181c;--ink:#e4e6e8;--quiet:#98a1ab;--line:#2c3238;--card:#1c2025;${paletteStyle('dark')}}}
${chartRules}`
