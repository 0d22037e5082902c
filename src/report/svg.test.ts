import { expect, test } from 'vitest'
import { element, picture, short, standaloneSvg, svgText } from './svg.ts'

test('text cannot become markup', () => {
  expect(svgText(1, 2.345, '<b> & "x"')).toBe('<text x="1" y="2.35">&lt;b&gt; &amp; &quot;x&quot;</text>')
  expect(element('a', { title: '"<' })).toBe('<a title="&quot;&lt;"/>')
})

test('numbers are short, absent attributes are left out', () => {
  expect(short(1 / 3)).toBe('0.33')
  expect(element('g', { x: 0.1 + 0.2, y: undefined }, ['<a/>', '<b/>'])).toBe('<g x="0.3"><a/><b/></g>')
})

test('a picture has a text alternative, and alone it has its colours', () => {
  const svg = picture({ width: 10, height: 5, title: 'T', description: 'in words' }, [])
  expect(svg).toContain('viewBox="0 0 10 5" role="img" aria-label="T. in words"')
  expect(svg).toContain('xmlns="http://www.w3.org/2000/svg"')
  expect(standaloneSvg(svg)).toContain('prefers-color-scheme:dark')
})
