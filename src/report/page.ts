import { pageStyle } from './page-style.ts'
import { chartStyle, escapeXml } from './svg.ts'

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
