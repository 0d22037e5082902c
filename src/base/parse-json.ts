import { FormatError } from './errors.ts'

/** No record or configuration nests as deep; what does overflows whoever walks through it. */
const deepest = 200

/**
 * JSON of a file.
 * @param place names the file in messages
 * @throws FormatError for text that is not JSON, or nests too deep
 */
export function parseJson(text: string, place: string): unknown {
  const depth = depthOf(text)
  if (depth > deepest) {
    throw new FormatError({
      what: 'this JSON nests too deep',
      place,
      expected: `at most ${deepest} brackets inside each other`,
      got: `${depth}`,
      next: 'No file that Spikelet writes looks like this: check where it comes from.',
    })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new FormatError({
      what: 'this is not JSON',
      place,
      got: (cause as Error).message,
      next: 'Check the file: it may be cut short.',
      cause,
    })
  }
}

/** How many brackets stand inside each other, outside of texts. */
function depthOf(text: string): number {
  let [depth, most] = [0, 0]
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs)) {
    if (token === '[' || token === '{') most = Math.max(most, ++depth)
    else if (token === ']' || token === '}') depth--
  }
  return most
}
