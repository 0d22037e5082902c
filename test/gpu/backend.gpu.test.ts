import { describeBackend } from '../backend-contract.ts'
import { createGpu } from './adapter.ts'

describeBackend('webgpu', createGpu, 1e-5)
