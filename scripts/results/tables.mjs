/**
 * The tables of docs/results.md, from the files that `npm run bench` leaves.
 * @param {{ file: string, record: any }[]} records in the order of their names
 * @returns {{ [name: string]: string }} Markdown by the name of its place on the page
 */
export function resultTables(records) {
  return {
    peer: table(
      ['network', 'PyTorch', 'training', 'inference', 'memory', 'rounds', 'date, commit'],
      records.flatMap(({ record }) => (record.peer ?? []).flatMap((one) => peerRows(one, record))),
    ),
    models: table(
      [
        'network',
        'batch',
        'training, samples/s',
        'inference, samples/s',
        'share of peak, training',
        'code',
        'date, commit',
      ],
      records.flatMap(({ record }) => (record.models ?? []).map((one) => modelRow(one, record))),
    ),
    rates: table(
      ['channels, size', 'forward', 'weight gradient', 'input gradient', 'date, commit'],
      records.flatMap(({ record }) => (record.curves?.rates ?? []).map((one) => rateRow(one, record))),
    ),
  }
}

/** Puts tables into the places that a page marks with `<!-- table: name -->` and `<!-- end -->`. */
export function withTables(page, tables) {
  return page.replaceAll(/(<!-- table: (\w+) -->\n)[\s\S]*?(\n<!-- end -->)/g, (_, start, name, end) => {
    if (!(name in tables)) throw new Error(`docs/results.md asks for a table that nothing makes: ${name}`)
    return `${start}\n${tables[name]}\n${end}`
  })
}

function peerRows({ model, rounds }, record) {
  return Object.keys(rounds[0]?.peers ?? {}).map((mode) => {
    const times = (key) => rounds.map(({ ours, peers }) => ours[key] / peers[mode][key])
    const less = rounds.map(({ ours, peers }) => peers[mode].train_peak_mb / ours.train_peak_mb)
    return [
      model,
      mode,
      range(times('train_images_per_s')),
      range(times('infer_images_per_s')),
      `${median(less).toFixed(1)}x less`,
      String(rounds.length),
      source(record),
    ]
  })
}

function modelRow({ model, batch, T, train, infer, features }, record) {
  return [
    `${model}, T = ${T}`,
    String(batch),
    String(Number(train.imagesPerSecond.toPrecision(3))),
    String(Number(infer.imagesPerSecond.toPrecision(3))),
    `${(100 * train.shareOfPeak).toFixed(0)} %`,
    features.includes('avx512') ? 'AVX-512' : 'WebAssembly',
    source(record),
  ]
}

/** The time at 5 % of spikes as a share of that at 20 %. */
function rateRow({ channels, size, points }, record) {
  const at = (rate) => points.find((point) => point.rate === rate)
  const share = (key) => (at(0.05)[key] / at(0.2)[key]).toFixed(2)
  return [
    `${channels}, ${size}x${size}`,
    share('forward'),
    share('weightGradient'),
    share('inputGradient'),
    source(record),
  ]
}

function source({ date, commit }) {
  return `${date.slice(0, 10)}, ${commit}`
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function range(values) {
  return `${median(values).toFixed(2)}x (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
