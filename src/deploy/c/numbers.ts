/** A float32 as C reads it back to the same bits. */
export function floatText(value: number): string {
  const rounded = Math.fround(value)
  if (!Number.isFinite(rounded))
    return Number.isNaN(rounded) ? '(0.0f / 0.0f)' : rounded > 0 ? '(1.0f / 0.0f)' : '(-1.0f / 0.0f)'
  const short = String(Number(rounded.toPrecision(9)))
  const text = Object.is(rounded, -0) ? '-0' : short
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`
}

const perLine = 12

/** A constant array. @param texts its elements as C writes them */
export function arrayText(type: string, name: string, texts: readonly string[]): string {
  const lines: string[] = []
  for (let i = 0; i < texts.length; i += perLine) lines.push(`  ${texts.slice(i, i + perLine).join(', ')},`)
  return `static const ${type} ${name}[${texts.length}] = {\n${lines.join('\n')}\n};`
}
