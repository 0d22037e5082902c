import { describe, expect, it } from 'vitest'
import type { RowResult, RunOutcome } from './experiment.ts'
import { experimentNamed } from './registry.ts'
import { accuracyOf, accuracyTable, curvesOver, exceeds, spreadOf, verdictOf } from './results.ts'

function outcome(accuracy: number, rest: Partial<RunOutcome> = {}): RunOutcome {
  return { seed: 1, images: 400, accuracy, bestAccuracy: accuracy + 0.01, epochs: [], firingRates: [], ...rest }
}

function row(labels: RowResult['labels'], accuracies: readonly number[], rest: Partial<RowResult> = {}): RowResult {
  return { labels, runs: [], outcomes: accuracies.map((accuracy) => outcome(accuracy)), failures: [], ...rest }
}

describe('spread', () => {
  it('is mean and sample deviation', () => {
    expect(spreadOf([1, 2, 6])).toMatchObject({ mean: 3, deviation: Math.sqrt(7), low: 1, high: 6 })
    expect(spreadOf([4])?.deviation).toBeUndefined()
    expect(spreadOf([])).toBeUndefined()
  })

  it('of accuracies knows what another draw of test images may change', () => {
    // sqrt(0.5 * 0.5 / 400) = 2.5 points
    expect(accuracyOf(row({}, [0.5]))?.noise).toBeCloseTo(2.5, 12)
    const [a, b] = [accuracyOf(row({}, [0.535])), accuracyOf(row({}, [0.5]))]
    expect(a && b && exceeds(a, b)).toBe(false)
    const c = accuracyOf(row({}, [0.537]))
    expect(c && b && exceeds(c, b)).toBe(true)
  })
})

describe('verdict', () => {
  const spread = (mean: number) => ({ ...(spreadOf([mean]) as NonNullable<ReturnType<typeof spreadOf>>), noise: 1 })
  it.each([
    [[70, 60], 'yes'],
    [[60, 70], 'no'],
    [[60.5, 60], 'undecided'],
  ])('of %j is %s', ([higher, lower], agrees) => {
    const told = verdictOf([{ name: 'T = 2', higher: spread(higher), lower: spread(lower) }], 'A is above B')
    expect(told.agrees).toBe(agrees)
  })

  it('does not speak of chance where one run each says nothing of it', () => {
    const one = (value: number) => ({ name: 'T', higher: spreadOf([value]), lower: spreadOf([1]) })
    expect(verdictOf([one(2)], 'A is above B').text).toMatch(
      /^A is above B in 1 of 1 cases .*chance alone would do is not known/,
    )
    const known = { name: 'T', higher: spread(3), lower: spread(1) }
    expect(verdictOf([known], 'A is above B').text).toMatch(/^A is above B by more than chance in 1 of 1/)
  })

  it('of nothing is undecided', () => {
    expect(verdictOf([{ name: 'T', higher: spread(1), lower: undefined }], 'A').agrees).toBe('undecided')
  })
})

describe('table', () => {
  it('has the paper’s numbers, the spread, and a reason for what is not there', () => {
    const rows = [
      row({ neuron: 'LIF', T: 4 }, [0.5, 0.6], { published: 94 }),
      row({ neuron: 'CLIF', T: 4 }, [], { missing: 'cifar10 is not there', failures: ['out of memory'] }),
    ]
    const { columns, rows: lines } = accuracyTable(rows)
    expect(columns.map(({ name }) => name)).toEqual([
      'neuron', 'T', 'accuracy, %', '±', 'runs', 'best test epoch, %', 'paper, %', 'remark',
    ]) // biome-ignore format: a line of heads
    expect(lines[0]['accuracy, %']).toBeCloseTo(55, 12)
    expect(lines[0]['±']).toBeCloseTo(Math.SQRT1_2 * 10, 12)
    expect(lines[1]).toMatchObject({
      'accuracy, %': undefined,
      runs: 0,
      remark: 'cifar10 is not there; failed: out of memory',
    })
  })

  it('makes curves with a band over seeds', () => {
    const [curve, ...others] = curvesOver([row({ n: 'a', T: 2 }, [0.1, 0.3]), row({ n: 'b', T: 2 }, [])], 'n', 'T')
    expect(others).toEqual([])
    expect(curve).toMatchObject({ label: 'a', points: [[2, 20]], band: [[2, 10, 30]] })
  })
})

describe('truncation', () => {
  it('gains where reach helps most at a large tau', async () => {
    const rows = [
      row({ tau: 1.1, k: 1 }, [0.9]),
      row({ tau: 1.1, k: 6 }, [0.91]),
      row({ tau: 2, k: 1 }, [0.7]),
      row({ tau: 2, k: 6 }, [0.9]),
    ]
    const request = { scale: 'smoke', neurons: [], has: () => true } as const
    const { verdict, pictures } = await experimentNamed('fig2a').conclude(rows, request)
    expect(verdict).toMatchObject({ agrees: 'yes' })
    expect(verdict.text).toContain('+1.0 points at tau 1.1, +20.0 points at tau 2')
    expect(pictures).toHaveLength(1)
    const turned = rows.map((one) => ({ ...one, labels: { ...one.labels, k: 7 - Number(one.labels.k) } }))
    expect((await experimentNamed('fig2a').conclude(turned, request)).verdict.agrees).toBe('no')
  })
})

describe('a network run as LIF', () => {
  it('stands beside Table 8 way by way', async () => {
    const asLif = [
      { name: 'as trained', reading: 'as trained', accuracy: 0.9, loss: 1 },
      { name: 'soft', reading: 'soft', accuracy: 0.85, loss: 1 },
      { name: 'hard -0.02', reading: 'hard', value: -0.02, accuracy: 0.8, loss: 1 },
    ] as const
    const rows = ['CLIF', 'LIF'].map((neuron, i) => ({
      ...row({ data: 'CIFAR-10', 'trained with': neuron }, []),
      outcomes: [outcome(0.9, { asLif: asLif.map((way) => ({ ...way, accuracy: way.accuracy - (way.reading === 'hard' ? 0.3 * i : 0) })) })],
    })) // biome-ignore format: a row a line
    const request = { scale: 'smoke', neurons: [], has: () => true } as const
    const { table, verdict } = await experimentNamed('table8').conclude(rows, request)
    expect(table.rows.map((line) => line['paper, %'])).toEqual([95.41, 92.95, 94.18, 94.51, 94.51, 76.68])
    expect(table.rows[2]['accuracy, %']).toBeCloseTo(80, 12)
    expect(verdict.agrees).toBe('yes')
  })
})
