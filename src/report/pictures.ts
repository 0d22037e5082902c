import { type Drawable, draw } from './draw.ts'
import { pageHtml } from './page.ts'
import { escapeXml, sizeOfPicture } from './svg.ts'

/** Pictures of analyses as one HTML page that needs nothing beside itself. */
export function picturesHtml(title: string, values: readonly Drawable[]): string {
  const figures = values.map((value) => {
    const about = 'about' in value ? `<figcaption>${escapeXml(value.about)}</figcaption>` : ''
    const svg = draw(value)
    const wide = sizeOfPicture(svg)[0] > 460 ? ' class="wide"' : ''
    return `<figure${wide}>${svg}${about}</figure>`
  })
  const body = `<h1>${escapeXml(title)}</h1>
<div class="pair">
${figures.join('\n')}
</div>`
  return pageHtml({ title, style: '.wide{grid-column:1/-1}', body })
}
