export {
  type Hdf5Choice,
  type Hdf5Dataset,
  type Hdf5File,
  type Hdf5Limits,
  type Hdf5Numbers,
  isHdf5,
  readHdf5Here,
} from './hdf5.ts'
export { type Hdf5Options, Hdf5Reader, readHdf5 } from './hdf5-reader.ts'
