// Small real files of formats that nothing here can write, as base64: see test/formats/samples.json for where each comes from.
import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'

const files = JSON.parse(readFileSync(new URL('../../test/formats/samples.json', import.meta.url), 'utf8'))

/** @param {string} kind */
const ofKind = (kind) =>
  Object.values(files)
    .filter((file) => file.kind === kind)
    .map(({ base64, deflated }) =>
      deflated ? inflateSync(Buffer.from(deflated, 'base64')) : Buffer.from(base64, 'base64'),
    )
    .map((buffer) => new Uint8Array(buffer))

export const jpegSamples = () => ofKind('jpeg')
export const pickleSamples = () => [...ofKind('pickle'), ...ofKind('wicked')]
export const hdf5Samples = () => ofKind('hdf5')

const torchFiles = JSON.parse(readFileSync(new URL('../../test/formats/pytorch-samples.json', import.meta.url), 'utf8'))

export const torchSamples = () =>
  Object.values(torchFiles).flatMap(({ deflated }) =>
    deflated ? [new Uint8Array(inflateSync(Buffer.from(deflated, 'base64')))] : [],
  )
