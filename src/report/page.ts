import { pageStyle } from './page-style.ts'
import { chartStyle, escapeXml, sizeOfPicture } from './svg.ts'

/** A picture, or several, with what is said of it. @param contents markup */
export function figureHtml(contents: string, caption: string, className = ''): string {
  const kind = className ? ` class="${className}"` : ''
  const said = caption ? `<figcaption>${escapeXml(caption)}</figcaption>` : ''
  return `<figure${kind}>${contents}${said}</figure>`
}

/** As `figureHtml`, of one picture among others: a wide one takes the page's width. */
export function pictureHtml(svg: string, caption: string): string {
  return figureHtml(svg, caption, sizeOfPicture(svg)[0] > 460 ? 'wide' : '')
}

/** An HTML page that needs nothing beside itself: no scripts, no network; light and dark. */
export function pageHtml({ title, style = '', body }: { title: string; style?: string; body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(title)}</title>
<style>${chartStyle}${pageStyle}${style}</style>
</head>
<body>
<main>
${body}
<footer>Written by Spikelet.</footer>
</main>
</body>
</html>
`
}
