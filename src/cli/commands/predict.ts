import { z } from 'zod'
import type { Backend } from '../../backends/index.ts'
import { classNamesOf, imagePipeline, makeTransform } from '../../data/index.ts'
import { summedLogits } from '../../losses/index.ts'
import { encoders, type Network } from '../../nn/index.ts'
import { defaultBackend } from '../../node-backend.ts'
import { loadCheckpoint } from '../../train/index.ts'
import { defineCommand } from '../command.ts'
import { readNamed } from '../read-named.ts'
import { exitCodes } from '../surroundings.ts'
import { percentText } from '../table.ts'
import { backendOptions } from '../training/backend-options.ts'
import { checkpointTraining } from '../training/checkpoint-training.ts'
import { readImages } from '../training/image-file.ts'
import { machineOptions } from '../training/options.ts'
import { pause } from '../training/run-training.ts'

const batchSize = 64

const count = () => z.number('a whole number').int('a whole number').min(1, '1 or more')

/** Names the classes of images in a file. */
export const predictCommand = defineCommand({
  name: 'predict',
  usage: '<checkpoint> <file>',
  summary: 'Names the likeliest classes of each image in a file',
  schema: z.object({
    top: count().default(3).describe('classes per image'),
    limit: count().optional().describe('first N images only'),
    backend: machineOptions.backend,
    simd: machineOptions.simd,
    threads: machineOptions.threads,
  }),
  notes: [
    'FILE holds images as IDX (.gz or plain), or as CIFAR-10 or CIFAR-100 binary records, or is a picture (PNG, JPEG) of',
    "the network's size. The shares are those of the softmax of the mean logits over time.",
  ],
  examples: ['predict runs/NAME/checkpoints/best.safetensors t10k-images-idx3-ubyte.gz --limit 5'],
  async run({ positional, options, surroundings }) {
    const [file, imageFile] = positional as [string, string]
    const { net, training } = loadCheckpoint(await readNamed(file), { file })
    const { T, dataset, transforms } = checkpointTraining(training, file)
    const images = readImages(await readNamed(imageFile), imageFile, net.input)
    const names = classNamesOf(dataset)
    const pipeline = imagePipeline(images, transforms.map(makeTransform), 0)
    const backend = await defaultBackend(backendOptions(options))
    try {
      await net.place(backend)
      const end = Math.min(images.length, options.limit ?? images.length)
      for (let first = 0; first < end; first += batchSize) {
        const indices = Array.from({ length: Math.min(batchSize, end - first) }, (_, i) => first + i)
        const pixels = pixelsOf(indices, images, pipeline)
        const logits = await meanLogits(net, backend, pixels, [indices.length, ...images.shape], T)
        const lines = indices.map((image, i) => lineOf(image, logits[i], names, options.top))
        surroundings.write(`${lines.join('\n')}\n`)
        await pause()
      }
      return exitCodes.done
    } finally {
      await backend.close()
    }
  },
})

/** Transformed images, [N, H, W, C]. */
function pixelsOf(
  indices: readonly number[],
  images: ReturnType<typeof readImages>,
  pipeline: ReturnType<typeof imagePipeline>,
): Float32Array {
  const [height, width, channels] = images.shape
  const size = height * width * channels
  const values = new Float32Array(indices.length * size)
  indices.forEach((index, i) => {
    pipeline.run(images.image(index), 0, index, values.subarray(i * size, (i + 1) * size))
  })
  return values
}

/** Logits over time's mean, one list of [classes] per image. */
async function meanLogits(
  net: Network,
  backend: Backend,
  pixels: Float32Array,
  shape: readonly number[],
  T: number,
): Promise<Float64Array[]> {
  backend.beginStep()
  try {
    const x = encoders.place(backend, encoders.direct(pixels, shape))
    const logits = net.forward(x, { backend, tape: null, training: false, T, key: 0 })
    const [steps, images, classes] = logits.shape
    const sums = summedLogits(await backend.read(logits.handle), steps)
    return Array.from({ length: images }, (_, i) =>
      sums.subarray(i * classes, (i + 1) * classes).map((sum) => sum / steps),
    )
  } finally {
    backend.endStep()
  }
}

function lineOf(image: number, logits: Float64Array, names: readonly string[], top: number): string {
  const highest = Math.max(...logits)
  const weights = logits.map((logit) => Math.exp(logit - highest))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const order = [...weights.keys()].sort((a, b) => weights[b] - weights[a]).slice(0, top)
  return `${image}\t${order.map((k) => `${names[k] ?? k} ${percentText(weights[k] / sum, 1)}`).join('\t')}`
}
