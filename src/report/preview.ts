import type { PreviewSample } from '../data/index.ts'
import { base64 } from './base64.ts'
import { lineChart } from './line-chart.ts'
import { pageHtml } from './page.ts'
import { escapeXml } from './svg.ts'

/** What a preview page shows. */
export interface Preview {
  readonly title: string
  /** One line under the title. */
  readonly about: string
  readonly samples: readonly PreviewSample[]
}

const style = `
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(118px, 1fr)); gap: 14px; padding: 0; margin: 0 }
.sheet:has(figure:only-child) { grid-template-columns: 420px }
.sheet figure { margin: 0; padding: 12px 4px 8px; text-align: center }
.sheet figcaption { font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.shot { display: block; margin: 0 auto 4px; image-rendering: pixelated; background-color: #101010; border-radius: 4px }
.film { background-repeat: no-repeat; animation: film 3.2s steps(var(--frames)) infinite }
@keyframes film { to { background-position-x: calc(-1 * var(--strip)) } }
@media (prefers-reduced-motion: reduce) { .film { animation-play-state: paused } }
`

/**
 * Samples with their labels on one page that needs nothing beside itself, no scripts and no network; recordings play in a
 * loop, with their event rates as curves below.
 */
export function previewHtml({ title, about, samples }: Preview): string {
  const rates = ratesOf(samples)
  const body = `<header><h1>${escapeXml(title)}</h1><p class="quiet">${escapeXml(about)}</p></header>
<section class="sheet">
${samples.map((sample) => figure(sample, samples.length === 1 ? 384 : 100)).join('\n')}
</section>
${rates === '' ? '' : `<section><h2>Events a second</h2>\n${rates}\n</section>`}`
  return pageHtml({ title, style, body })
}

/** A sample about `across` wide; small ones are whole multiples of a pixel. */
function figure({ label, width, height, png, frames, durationUs }: PreviewSample, across: number): string {
  const scale = width > across / 2 ? across / width : Math.floor((1.1 * across) / width)
  const [shownWidth, shownHeight] = [Math.round(width * scale), Math.max(8, Math.round(height * scale))]
  const source = `data:image/png;base64,${base64(png)}`
  const size = `width:${shownWidth}px;height:${shownHeight}px`
  const seconds = durationUs === undefined ? '' : `, ${(durationUs / 1e6).toFixed(2)} s`
  const caption = `<figcaption>${escapeXml(label)}${seconds}</figcaption>`
  if (frames === 1) {
    return `<figure><img class="shot" style="${size}" src="${source}" alt="${escapeXml(label)}">${caption}</figure>`
  }
  const film = `${size};--frames:${frames};--strip:${frames * shownWidth}px;background-size:${frames * shownWidth}px ${shownHeight}px`
  return (
    `<figure><div class="shot film" role="img" aria-label="${escapeXml(label)}, a recording" ` +
    `style="${film};background-image:url(${source})"></div>${caption}</figure>`
  )
}

/** One curve a class, of its first sample. */
function ratesOf(samples: readonly PreviewSample[]): string {
  const firsts = samples.filter(({ rate, label }, i) => rate && samples.findIndex((one) => one.label === label) === i)
  if (firsts.length === 0) return ''
  const shown = firsts.slice(0, 6)
  const series = shown.map(({ label, rate }, colour) => ({
    label,
    colour,
    points: (rate ?? []).map(([us, perSecond]) => [us / 1000, perSecond / 1000] as const),
  }))
  return lineChart({
    title: 'Events a second',
    x: 'milliseconds',
    y: 'thousand events a second',
    series,
    description: `event rates of one recording each of ${shown.map(({ label }) => label).join(', ')}`,
    width: 720,
  })
}
