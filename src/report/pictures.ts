import { type Drawable, draw } from './draw.ts'
import { pageStyle } from './page-style.ts'
import { chartStyle, escapeXml, sizeOfPicture } from './svg.ts'

/** Pictures of analyses as one HTML page that needs nothing beside itself. */
export function picturesHtml(title: string, values: readonly Drawable[]): string {
  const figures = values.map((value) => {
    const about = 'about' in value ? `<figcaption>${escapeXml(value.about)}</figcaption>` : ''
    const svg = draw(value)
    const wide = sizeOfPicture(svg)[0] > 460 ? ' class="wide"' : ''
    return `<figure${wide}>${svg}${about}</figure>`
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(title)}</title>
<style>${chartStyle}${pageStyle}.wide{grid-column:1/-1}</style>
</head>
<body>
<main>
<h1>${escapeXml(title)}</h1>
<div class="pair">
${figures.join('\n')}
</div>
<footer>Written by Spikelet.</footer>
</main>
</body>
</html>
`
}
