export type { NirArray, NirGraph, NirLabel, NirNode, NirType } from './graph.ts'
export { type NirIn, type NirInOptions, networkFromNir } from './network-in.ts'
export { networkToNir } from './network-out.ts'
export type { NirFiring, NirReset, NirStart } from './neurons-in.ts'
export { isNir, nirGraph, readNir } from './read-nir.ts'
export {
  compareReadings,
  differenceText,
  type NirReading,
  nirReadings,
  type ReadingRun,
  readingText,
} from './readings.ts'
export { type ArraySample, type SampleOfOptions, sampleOf } from './sample-of.ts'
export { likelyStep } from './step-of-time.ts'
export { writeNir } from './write-nir.ts'
