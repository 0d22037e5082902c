import { describeStreaming, familiesOfNetworks } from './streaming.ts'

describeStreaming(familiesOfNetworks, {
  interpreter: [[4, 2]],
  wasm: [
    [1, 1],
    [6, 5],
    [7, 9],
  ],
})
