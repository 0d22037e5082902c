import { ResourceError, sizeText } from '../base/index.ts'
import { activationBytes, type Network } from '../nn/index.ts'

export interface MemoryPlan {
  /** Whether convolutions' outputs are dropped and made again on the way back, to stay below the budget. */
  readonly rebuild: boolean
  /** What training will take, as a line for people. */
  readonly text: string
}

export interface MemoryLimits {
  /** Bytes of all tensors together. */
  readonly budget: number
  /** Bytes of one tensor; left out: no limit. */
  readonly largestTensor?: number | undefined
  /** Whether the backend stores images, that are no spikes, and their gradients as float16. Default false. */
  readonly float16Images?: boolean
}

/**
 * What training will take. Above the budget, convolutions' outputs are dropped and made again on the way back: the same
 * bits, for about a third more time.
 * @throws ResourceError, naming the batch that fits, if even that is above the budget
 */
export function memoryForecast(
  network: Network,
  options: MemoryLimits & { readonly T: number; readonly batch: number },
): MemoryPlan {
  const { T, batch, budget, largestTensor = Number.POSITIVE_INFINITY, float16Images = false } = options
  const plain = activationBytes(network, { T, batch, float16Images })
  const rebuild = plain.total > budget
  const forecast = rebuild ? activationBytes(network, { T, batch, rebuild, float16Images }) : plain
  if (forecast.total > budget) throw tooLarge(network, options, 'more memory', budget, forecast.total)
  if (forecast.largest > largestTensor) {
    throw tooLarge(network, options, 'a larger tensor', largestTensor, forecast.largest)
  }
  const saved = rebuild
    ? `; kept whole it would take ${sizeText(plain.total)}, so convolutions are made again on the way back`
    : ''
  const text =
    `memory: about ${sizeText(forecast.total)} at batch ${batch} and T = ${T}, of which ` +
    `${sizeText(forecast.activations)} are activations (${forecast.perNeuronStep.toFixed(1)} bytes a neuron-step)${saved}`
  return { rebuild, text }
}

function tooLarge(
  network: Network,
  options: MemoryLimits & { T: number; batch: number },
  what: string,
  most: number,
  needed: number,
): ResourceError {
  const { T, batch, budget, largestTensor = Number.POSITIVE_INFINITY, float16Images = false } = options
  const hasRoom = (images: number) => {
    const { total, largest } = activationBytes(network, { T, batch: images, rebuild: true, float16Images })
    return total <= budget && largest <= largestTensor
  }
  // More images never take less: between what fits and what does not, the border is halved out.
  let [fits, tooMany] = [0, batch + 1]
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2)
    if (hasRoom(middle)) fits = middle
    else tooMany = middle
  }
  return new ResourceError({
    what: `training ${network.name} at batch ${batch} and T = ${T} needs ${what} than there is`,
    expected: `at most ${sizeText(most)}`,
    got: `about ${sizeText(needed)}`,
    next:
      fits > 0
        ? `a batch of ${fits} fits; several batches can make one update (accumulate), but BatchNorm sees each alone`
        : 'not even a single image fits: fewer time steps, or a smaller network',
  })
}
