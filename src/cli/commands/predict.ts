import { z } from 'zod'
import { classNamesOf, imagePipeline, makeTransform } from '../../data/index.ts'
import { summedLogits } from '../../losses/index.ts'
import { encoders } from '../../nn/index.ts'
import { defaultBackend } from '../../node-backend.ts'
import { loadCheckpoint } from '../../train/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../surroundings.ts'
import { percentText } from '../table.ts'
import { checkpointTraining } from '../training/checkpoint-training.ts'
import { readImages } from '../training/image-file.ts'
import { machineOptions } from '../training/options.ts'
import { pause } from '../training/run-training.ts'
import { readNamed } from './evaluate.ts'
import { backendOptions } from './train.ts'

const batchSize = 64

/** Names the classes of images in a file. */
export const predictCommand = defineCommand({
  name: 'predict',
  usage: '<checkpoint> <file>',
  summary: 'Names the likeliest classes of each image in a file',
  schema: z.object({
    top: z.number('a whole number').int('a whole number').min(1, '1 or more').default(3).describe('classes per image'),
    limit: z
      .number('a whole number')
      .int('a whole number')
      .min(1, '1 or more')
      .optional()
      .describe('first N images only'),
    backend: machineOptions.backend,
    threads: machineOptions.threads,
  }),
  notes: [
    'FILE holds images as IDX (.gz or plain), or as CIFAR-10 or CIFAR-100 binary records. The shares are those of the',
    'softmax of the mean logits over time.',
  ],
  examples: ['predict runs/NAME/checkpoints/best.safetensors t10k-images-idx3-ubyte.gz --limit 5'],
  async run({ positional, options, surroundings }) {
    const [file, imageFile] = positional as [string, string]
    const { net, training } = loadCheckpoint(await readNamed(file), { file })
    const { T, dataset, transforms } = checkpointTraining(training, file)
    const images = readImages(await readNamed(imageFile), imageFile, net.input)
    const count = Math.min(images.length, options.limit ?? images.length)
    const names = classNamesOf(dataset)
    const pipeline = imagePipeline(images.shape, transforms.map(makeTransform), 0)
    const size = images.shape.reduce((product, axis) => product * axis, 1)
    const backend = await defaultBackend(backendOptions(options))
    try {
      await net.place(backend)
      for (let first = 0; first < count; first += batchSize) {
        const n = Math.min(batchSize, count - first)
        const values = new Float32Array(n * size)
        for (let i = 0; i < n; i++) {
          pipeline.run(images.image(first + i), 0, first + i, values.subarray(i * size, (i + 1) * size))
        }
        backend.beginStep()
        try {
          const x = encoders.place(backend, encoders.direct(values, [n, ...images.shape]))
          const logits = net.forward(x, { backend, tape: null, training: false, T, key: 0 })
          const classes = logits.shape[2]
          const sums = summedLogits(await backend.read(logits.handle), logits.shape[0])
          for (let i = 0; i < n; i++) {
            const scores = sums.subarray(i * classes, (i + 1) * classes).map((sum) => sum / T)
            surroundings.write(`${lineOf(first + i, scores, names, options.top)}\n`)
          }
        } finally {
          backend.endStep()
        }
        await pause()
      }
      return exitCodes.done
    } finally {
      await backend.close()
    }
  },
})

function lineOf(image: number, logits: Float64Array, names: readonly string[], top: number): string {
  const highest = Math.max(...logits)
  const weights = logits.map((logit) => Math.exp(logit - highest))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const order = [...weights.keys()].sort((a, b) => weights[b] - weights[a]).slice(0, top)
  return `${image}\t${order.map((k) => `${names[k] ?? k} ${percentText(weights[k] / sum, 1)}`).join('\t')}`
}
