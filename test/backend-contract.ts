import { afterAll, beforeAll, describe } from 'vitest'
import type { Backend } from '../src/backends/index.ts'
import { describeConvolution } from './contract/convolution.ts'
import { describeCounted } from './contract/counted.ts'
import { describeLinear } from './contract/linear.ts'
import { describeMultiply } from './contract/multiply.ts'
import { describeNeuron } from './contract/neuron.ts'
import { describeNeuronParameters } from './contract/neuron-parameters.ts'
import { describeNormalisation } from './contract/normalisation.ts'
import { describePool } from './contract/pool.ts'
import { describePooled } from './contract/pooled.ts'
import { describeSequence } from './contract/sequence.ts'
import { describeShapes } from './contract/shapes.ts'
import { describeTraining } from './contract/training.ts'
import { describeTruncation } from './contract/truncation.ts'
import type { Contract } from './contract/values.ts'

/**
 * What every backend must do, measured against straightforward calculations that share nothing with any of them.
 * @param tolerance of a value, relative to the largest of its tensor
 */
export function describeBackend(name: string, create: () => Promise<Backend>, tolerance: number): void {
  describe(name, () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await create()
    })
    afterAll(() => backend.close())
    const contract: Contract = { backend: () => backend, tolerance }
    describeSequence(contract)
    describeConvolution(contract)
    describeLinear(contract)
    describeNeuron(contract)
    describeNeuronParameters(contract)
    describeCounted(contract)
    describeTruncation(contract)
    describeNormalisation(contract)
    describePool(contract)
    describePooled(contract)
    describeMultiply(contract)
    describeTraining(contract)
    describeShapes(contract)
  })
}
