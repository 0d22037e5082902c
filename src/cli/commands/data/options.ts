import { z } from 'zod'
import { frameOptions, wholeNumber } from '../../../runs/index.ts'

/** Options of all that `spikelet data` does; each action tells which it needs. */
export const dataSchema = z.object({
  data: z.string().optional().describe("get, verify, preview, convert: the data set's folder; data/NAME"),
  from: z.array(z.string()).default([]).describe('get: addresses in place of the published ones; file names are added'),
  json: z.boolean().default(false).describe('list, inspect: prints JSON'),
  out: z.string().default('preview.html').describe('preview: the page to write'),
  count: wholeNumber(1).default(40).describe('preview: samples to show'),
  split: z.enum(['train', 'test']).default('train').describe('preview: which side'),
  limit: wholeNumber(1).optional().describe('inspect, convert: first N recordings of each side only'),
  T: wholeNumber(1).default(10).describe('convert: frames per recording'),
  ...frameOptions,
})
