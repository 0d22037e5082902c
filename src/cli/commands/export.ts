import { z } from 'zod'
import { UsageError, writeWhole } from '../../base/index.ts'
import { networkToNir, torchTensors, writeNir, writeSafetensors } from '../../interop/index.ts'
import type { Network } from '../../nn/index.ts'
import { readNamed, wholeNumber } from '../../runs/index.ts'
import { loadCheckpoint } from '../../train/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes, type Surroundings } from '../surroundings.ts'
import { exportProgram, programTarget, programTargets } from './export-program.ts'
import { labelsText } from './import.ts'

const schema = z.object({
  out: z.string().optional().describe('file to write; its ending says what: .safetensors, .nir, .c, .wasm or .onnx'),
  to: z
    .enum(programTargets)
    .optional()
    .describe('a program: C99, a WebAssembly module, or an ONNX model; as FILE ends'),
  weights: z
    .enum(['float32', 'float16', 'int16', 'int8'])
    .default('float32')
    .describe('how a program holds its weights; others than float32 are judged by test samples'),
  arithmetic: z
    .enum(['float', 'fixed'])
    .default('float')
    .describe('of a program in C; fixed: whole numbers alone, with weights of int8 or int16'),
  demo: z.boolean().default(false).describe('writes a page that runs the module beside it'),
  data: z.string().optional().describe("folder with the data set's files, for smaller weights"),
  samples: wholeNumber(1).default(200).describe('test samples that smaller weights are judged by'),
  calibration: wholeNumber(0).default(16).describe('training samples that correct the biases of smaller weights'),
  names: z
    .enum(['spikelet', 'published'])
    .default('spikelet')
    .describe("tensors' names; published: those of the code of the CLIF paper"),
  dt: z.number('a number').positive('above 0').optional().describe('length of a time step in a NIR graph, in seconds'),
})

/** Hands a trained network to other programs. */
export const exportCommand = defineCommand({
  name: 'export',
  usage: '<checkpoint>',
  summary: 'Writes a trained network as a program (C, WebAssembly, ONNX), as weights for PyTorch, or as a NIR graph',
  schema,
  notes: [
    'CHECKPOINT is such as runs/NAME/checkpoints/best.safetensors.',
    'Each layer of a NIR graph is said to be faithful, approximate or refused; the dt of training is one time step.',
  ],
  examples: [
    'export runs/NAME/checkpoints/best.safetensors --out weights.safetensors',
    'export runs/NAME/checkpoints/best.safetensors --out network.nir --dt 0.001',
    'export runs/NAME/checkpoints/best.safetensors --out net.wasm --demo',
    'export runs/NAME/checkpoints/best.safetensors --out net.c --weights int8',
    'export runs/NAME/checkpoints/best.safetensors --out net.c --weights int8 --arithmetic fixed',
  ],
  async run({ positional, options, surroundings }) {
    const [file] = positional as [string]
    const { out, dt = Number.NaN, names } = options
    const target = programTarget(options.to, out)
    if (target !== null && out !== undefined) {
      const checkpoint = loadCheckpoint(await readNamed(file), { file })
      await exportProgram(checkpoint, file, { ...options, to: target, out }, surroundings)
      return exitCodes.done
    }
    const ending = out?.match(/\.(safetensors|nir)$/)?.[1]
    if (out === undefined || ending === undefined) {
      throw new UsageError({
        what: 'the file to write is missing, or of no known ending',
        expected: '--out FILE.safetensors, FILE.nir, FILE.c, FILE.wasm or FILE.onnx',
        got: out ?? 'none',
      })
    }
    const { net } = loadCheckpoint(await readNamed(file), { file })
    const bytes = ending === 'nir' ? await nirBytes(net, dt, surroundings) : tensorBytes(net, names)
    await writeWhole(out, bytes)
    surroundings.write(`written to ${out}\n`)
    return exitCodes.done
  },
})

async function nirBytes(net: Network, dt: number, { write, terminal }: Surroundings): Promise<Uint8Array> {
  const { graph, labels } = networkToNir(net, { dt })
  write(`${labelsText(labels, terminal.columns())}\n`)
  return writeNir(graph)
}

function tensorBytes(net: Network, names: 'spikelet' | 'published'): Uint8Array {
  return writeSafetensors(torchTensors(net, names), { format: 'pt' })
}
