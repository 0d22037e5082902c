import { describeRecomputedSpikes } from './recomputed-spikes.ts'

describeRecomputedSpikes(
  [
    { T: 64, pixels: 2560, normalised: false },
    { T: 64, pixels: 1280, normalised: true },
    { T: 33, pixels: 700, normalised: false },
    { T: 6, pixels: 5000, normalised: true },
    { T: 5, pixels: 2000, normalised: false },
    { T: 1, pixels: 10000, normalised: true },
  ],
  1e7,
)
