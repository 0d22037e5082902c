/** Characters that steer a terminal or turn the direction of writing: nothing that a name needs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const steering = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Text from elsewhere, such as the name of a tensor in a file, as it may be printed: what would steer a terminal is written
 * out, `\x1b` or `\u202e`.
 */
export function plainText(text: string): string {
  return text.replace(steering, escaped)
}

/** The same for text of several lines: line ends and tabs stay. */
export function plainLines(text: string): string {
  return text.replace(steering, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  )
}

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
