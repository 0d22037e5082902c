import { readNpy } from 'spikelet/formats'

/** Numbers of a file, one a step: an array (.npy) of any shape, or text with blanks, commas or line ends between. */
export async function numbersOfFile(file: File): Promise<number[]> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  if (bytes[0] === 0x93) {
    const array = readNpy(bytes, file.name)
    if ('values' in array) return Array.from(array.values as ArrayLike<number>, Number)
    throw new Error(`${file.name} holds records: expected numbers, one a step.`)
  }
  const words = new TextDecoder()
    .decode(bytes)
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
  const wrong = words.findIndex((word) => !Number.isFinite(Number(word)))
  if (wrong < 0 && words.length > 0) return words.map(Number)
  const got = wrong < 0 ? 'nothing' : `"${words[wrong].slice(0, 20)}" as number ${wrong + 1}`
  throw new Error(`${file.name} holds no numbers, one a step: expected such as 0, 0.5, 1; got ${got}.`)
}
