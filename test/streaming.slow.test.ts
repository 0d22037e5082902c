import { describeStreaming, familiesOfNetworks } from './streaming.ts'

describeStreaming(familiesOfNetworks, { interpreter: [], wasm: [[3, 2]] })
