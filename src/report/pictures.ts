import { type Drawable, draw } from './draw.ts'
import { pageHtml, pictureHtml } from './page.ts'
import { escapeXml } from './svg.ts'

/** Pictures of analyses as one HTML page that needs nothing beside itself. */
export function picturesHtml(title: string, values: readonly Drawable[]): string {
  const figures = values.map((value) => pictureHtml(draw(value), 'about' in value ? value.about : ''))
  const body = `<h1>${escapeXml(title)}</h1>
<div class="pair">
${figures.join('\n')}
</div>`
  return pageHtml({ title, body })
}
