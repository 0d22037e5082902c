import { readFileSync } from 'node:fs'

/** The float64 tensors and the metadata of a small safetensors file. Tests only: it trusts the file. */
export function readGolden(path: URL): { metadata: Record<string, string>; tensors: Record<string, Float64Array> } {
  const bytes = readFileSync(path)
  const headerLength = Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString('utf8'))
  const { __metadata__: metadata, ...entries } = header as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >
  const tensors: Record<string, Float64Array> = {}
  for (const [name, { dtype, data_offsets }] of Object.entries(entries)) {
    if (dtype !== 'F64') throw new Error(`${path.pathname}: ${name} is ${dtype}, not F64`)
    const [from, to] = data_offsets.map((offset) => 8 + headerLength + offset)
    tensors[name] = new Float64Array(bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + to))
  }
  return { metadata: metadata as unknown as Record<string, string>, tensors }
}
