import { readFile } from 'node:fs/promises'
import type { FiringRates } from '../analysis/index.ts'
import { FormatError, parseJson, textOf, UsageError } from '../base/index.ts'
import { type PublishedDataset, publishedFiringRates } from '../experiments/index.ts'

const prefix = 'published:'

/**
 * Firing rates in 0..1: the published ones of a data set, or those of a file. A file is JSON (a list in order of
 * layers, an object by path, or any record with `firingRates`, such as a run's summary.json) or CSV (`layer,rate`, or a
 * rate a line).
 * @param neuron whose published rates are meant
 * @throws UsageError for a file that cannot be read; FormatError for one that holds anything else
 */
export async function readRates(choice: string, neuron: string): Promise<FiringRates> {
  if (choice.startsWith(prefix)) return publishedRates(choice.slice(prefix.length), neuron)
  let text: string
  try {
    text = textOf(await readFile(choice))
  } catch (cause) {
    throw new UsageError({
      what: 'cannot read this file of firing rates',
      place: choice,
      got: (cause as Error).message,
      next: `Give a file, or ${Object.keys(publishedFiringRates)
        .map((name) => prefix + name)
        .join(', ')}`,
      cause,
    })
  }
  const rates = /^\s*[[{]/.test(text) ? fromJson(text) : fromCsv(text)
  if (rates !== undefined) return rates
  throw new FormatError({
    what: 'this file holds no firing rates',
    place: choice,
    expected: '[0.2, 0.1], {"sn1": 0.2}, {"firingRates": [{"layer": "sn1", "rate": 0.2}]}, or lines such as sn1,0.2',
    got: text.trim().slice(0, 60),
  })
}

function publishedRates(dataset: string, neuron: string): FiringRates {
  const known = Object.hasOwn(publishedFiringRates, dataset) && publishedFiringRates[dataset as PublishedDataset]
  if (known && (neuron === 'lif' || neuron === 'clif')) return known[neuron].map((rate) => rate / 100)
  throw new UsageError({
    what: `there are no published firing rates of '${neuron}' on '${dataset}'`,
    expected: `lif or clif on ${Object.keys(publishedFiringRates).join(', ')}`,
    next: 'Measure them in a run, or give a file.',
  })
}

function fromJson(text: string): FiringRates | undefined {
  let value: unknown
  try {
    value = parseJson(text, 'rates')
  } catch {
    return undefined
  }
  return ratesIn(value)
}

function ratesIn(value: unknown): FiringRates | undefined {
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((one) => typeof one === 'number')) return value
    const named = value.every((one) => typeof one?.layer === 'string' && typeof one.rate === 'number')
    return named && value.length > 0 ? Object.fromEntries(value.map(({ layer, rate }) => [layer, rate])) : undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  if ('firingRates' in value) return ratesIn(value.firingRates)
  const entries = Object.entries(value)
  const rates = entries.length > 0 && entries.every(([, rate]) => typeof rate === 'number')
  return rates ? (value as FiringRates) : undefined
}

function fromCsv(text: string): FiringRates | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const cells = lines.map((line) => line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')))
  const isNumber = (cell: string | undefined) => cell !== undefined && cell !== '' && Number.isFinite(Number(cell))
  const body = isNumber(cells[0]?.[cells[0].length - 1]) ? cells : cells.slice(1)
  if (body.length === 0 || !body.every((row) => row.length === body[0].length && isNumber(row[row.length - 1])))
    return undefined
  if (body[0].length === 1) return body.map(([rate]) => Number(rate))
  return body[0].length === 2 ? Object.fromEntries(body.map(([layer, rate]) => [layer, Number(rate)])) : undefined
}
