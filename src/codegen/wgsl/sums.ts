import { type Binding, elementKernel, type KernelSource, kernel, type Storage } from './kernel.ts'

/**
 * Sums over rows, in an order that shapes alone decide: each invocation adds up a few rows, a workgroup its invocations as
 * a tree, a last kernel the blocks. x is [groups, rows, columns]; partial sums are [groups, blocks, columns, 2].
 */

/** Rows that one invocation adds up. */
const rowsEach = 64
const threads = 256

/** Columns of a workgroup: a power of two, so that the rest of its invocations are rows. */
export function columnTile(columns: number): number {
  let tile = 1
  while (tile < columns && tile < 64) tile *= 2
  return tile
}

/** Rows of one block. */
export function rowsPerSumBlock(columns: number): number {
  return (threads / columnTile(columns)) * rowsEach
}

const partialResult: Binding = { name: 'result', storage: 'dense', write: true }
const result = partialResult

/** What is summed: values; values and squares, both shifted by the first row; gradients and their products with x. */
export type SumKind = 'values' | 'moments' | 'products'

/** How what is summed is stored, and, of products, what it is multiplied with. */
export interface SumStorage {
  readonly x: Storage
  readonly y?: Storage
}

interface Summand {
  readonly bindings: readonly Binding[]
  /** Before the first row of a column. */
  readonly prepare: string
  /** Adds the value at `at` to `sum`. */
  readonly add: string
}

function summand(kind: SumKind, stored: SumStorage): Summand {
  const x: Binding = { name: 'x', storage: stored.x }
  if (kind === 'values') return { bindings: [x], prepare: '', add: 'sum.x += load_x(at);' }
  if (kind === 'moments') {
    return {
      bindings: [x],
      prepare: '  let shift = load_x(z * p.rows * p.columns + column);',
      add: 'let v = load_x(at) - shift; sum += vec2f(v, v * v);',
    }
  }
  return {
    bindings: [x, { name: 'y', storage: stored.y ?? 'dense' }, { name: 'means', storage: 'dense' }],
    prepare: '  let shift = means[z * p.columns + column];',
    add: 'let g = load_x(at); sum += vec2f(g, g * (load_y(at) - shift));',
  }
}

const sumsOfAll = `var<workgroup> sums: array<vec2f, ${threads}>;`

const enabled = (way: SumWay): string[] => (way === 'subgroups' ? ['subgroups'] : [])

/**
 * Adds up the `sum`s of a workgroup's invocations; `total` is the sum of those with the same lane modulo `tile`, in the lanes
 * below `tile`. Which invocations make a subgroup is the device's affair: so the first one of each leaves its sum in its own
 * place, and in the end every subgroup adds up the same places.
 */
function upTo(tile: number, way: SumWay): string {
  const subgroups = way === 'subgroups'
  return `  sums[lane] = ${subgroups ? 'select(vec2f(), subgroupAdd(sum), subLane == 0u)' : 'sum'};
  workgroupBarrier();
  for (var half = ${threads / 2}u; half >= ${subgroups ? 'subSize' : `${tile}u`}; half >>= 1u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  let total = ${subgroups ? 'subgroupAdd(sums[subLane])' : 'sums[lane]'};`
}

/** How sums are cut: the grid of `partialSums`, and how many blocks it makes. */
export interface SumPlan {
  readonly grid: readonly [number, number, number]
  readonly blocks: number
}

/**
 * How a workgroup adds up: `direct` without workgroup memory, for adapters that are programs on the CPU; as a `tree`; or by
 * `subgroups` and then as a tree. The order is fixed by shapes, and with subgroups by their size too.
 */
export type SumWay = 'direct' | 'tree' | 'subgroups'

export function sumPlan(rows: number, columns: number, groups: number, way: SumWay): SumPlan {
  const direct = way === 'direct'
  const tile = direct ? directLanes : columnTile(columns)
  const blocks = Math.ceil(rows / (direct ? directRowsEach : rowsPerSumBlock(columns)))
  return { grid: [Math.ceil(columns / tile), blocks, groups], blocks }
}

/** Columns of a workgroup, and rows of an invocation, in sums without workgroup memory. */
const directLanes = 64
const directRowsEach = 128

/** Partial sums of one block: workgroup (column tile, block, group). */
export function partialSums(kind: SumKind, stored: SumStorage, columns: number, way: SumWay): KernelSource {
  const { bindings, prepare, add } = summand(kind, stored)
  const parts = {
    name: `sums of ${kind}`,
    sizes: ['rows', 'columns', 'blocks'],
    bindings: [...bindings, partialResult],
  }
  if (way === 'direct') {
    return kernel({
      ...parts,
      threads: directLanes,
      body: `  let z = wid.z;
  let column = wid.x * ${directLanes}u + lane;
  if (column >= p.columns) { return; }
  let first = wid.y * ${directRowsEach}u;
${prepare}
  var sum = vec2f();
  for (var row = first; row < min(first + ${directRowsEach}u, p.rows); row++) {
    let at = (z * p.rows + row) * p.columns + column;
    ${add}
  }
  let to = 2u * ((z * p.blocks + wid.y) * p.columns + column);
  result[to] = sum.x;
  result[to + 1u] = sum.y;`,
    })
  }
  const tile = columnTile(columns)
  const lanes = threads / tile
  // Neighbouring lanes are neighbouring columns: a subgroup has something to add up only where there is one column.
  const own = tile === 1 ? way : 'tree'
  return kernel({
    ...parts,
    threads,
    enable: enabled(own),
    functions: sumsOfAll,
    body: `  let z = wid.z;
  let column = min(wid.x * ${tile}u + lane % ${tile}u, p.columns - 1u);
  let first = wid.y * ${rowsPerSumBlock(columns)}u + lane / ${tile}u;
${prepare}
  var sum = vec2f();
  for (var k = 0u; k < ${rowsEach}u; k++) {
    let row = first + k * ${lanes}u;
    if (row < p.rows) { let at = (z * p.rows + row) * p.columns + column; ${add} }
  }
${upTo(tile, own)}
  if (lane < ${tile}u && wid.x * ${tile}u + lane < p.columns) {
    let to = 2u * ((z * p.blocks + wid.y) * p.columns + column);
    result[to] = total.x;
    result[to + 1u] = total.y;
  }`,
  })
}

/** Adds up the blocks of one group and column. */
const overBlocks = `fn overBlocks(z: u32, column: u32) -> vec2f {
  var sum = vec2f();
  for (var b = 0u; b < p.blocks; b += 16u) {
    var some = vec2f();
    for (var k = b; k < min(b + 16u, p.blocks); k++) {
      let at = 2u * ((z * p.blocks + k) * p.columns + column);
      some += vec2f(partials[at], partials[at + 1u]);
    }
    sum += some;
  }
  return sum;
}`

const partials: Binding = { name: 'partials', storage: 'dense' }

/** [groups, columns] sums from partial ones. One invocation a sum. */
export function finishValues(): KernelSource {
  return elementKernel({
    name: 'finish sums',
    sizes: ['blocks', 'columns'],
    bindings: [partials, result],
    functions: overBlocks,
    body: '  result[i] = overBlocks(i / p.columns, i % p.columns).x;',
  })
}

/**
 * Mean and 1 / sqrt(variance + eps) of each group and channel, [2, groups, columns]; the running statistics move once for
 * each group, in order. One invocation a channel.
 */
export function finishMoments(storage: Storage): KernelSource {
  return elementKernel({
    name: 'finish moments',
    sizes: ['blocks', 'columns', 'groups', 'rows'],
    numbers: ['eps', 'keep', 'unbias'],
    bindings: [
      partials,
      { name: 'x', storage },
      result,
      { name: 'runningMean', storage: 'dense', write: true },
      { name: 'runningVariance', storage: 'dense', write: true },
    ],
    functions: overBlocks,
    body: `  var mean = runningMean[i];
  var variance = runningVariance[i];
  for (var z = 0u; z < p.groups; z++) {
    let sums = overBlocks(z, i) / f32(p.rows);
    let average = load_x(z * p.rows * p.columns + i) + sums.x;
    let spread = max(0.0, sums.y - sums.x * sums.x);
    result[z * p.columns + i] = average;
    result[(p.groups + z) * p.columns + i] = 1.0 / sqrt(spread + p.eps);
    mean = p.keep * mean + (1.0 - p.keep) * average;
    variance = p.keep * variance + (1.0 - p.keep) * spread * p.unbias;
  }
  runningMean[i] = mean;
  runningVariance[i] = variance;`,
  })
}

/** As `finishMoments`, from the running statistics. */
export function runningMoments(): KernelSource {
  return elementKernel({
    name: 'running moments',
    numbers: ['eps'],
    bindings: [{ name: 'runningMean', storage: 'dense' }, { name: 'runningVariance', storage: 'dense' }, result],
    body: `  result[i] = runningMean[i];
  result[p.count + i] = 1.0 / sqrt(runningVariance[i] + p.eps);`,
  })
}

/** What neuron kernels read of a normalisation: means and scales [groups, columns], shifts [columns]. */
export function normalisationTable(): KernelSource {
  return elementKernel({
    name: 'normalisation table',
    sizes: ['columns'],
    bindings: [
      { name: 'moments', storage: 'dense' },
      { name: 'weight', storage: 'dense' },
      { name: 'bias', storage: 'dense' },
      result,
    ],
    body: `  let c = i % p.columns;
  result[i] = moments[i];
  result[p.count + i] = moments[p.count + i] * weight[c];
  if (i < p.columns) { result[2u * p.count + i] = bias[i]; }`,
  })
}

/**
 * From partial sums of gradients and products: BatchNorm's gradients, and for each group and channel what the input
 * gradient subtracts, [groups, columns, 2]. One invocation a channel.
 */
export function finishProducts(): KernelSource {
  return elementKernel({
    name: 'finish products',
    sizes: ['blocks', 'columns', 'groups', 'rows'],
    bindings: [
      partials,
      { name: 'moments', storage: 'dense' },
      result,
      { name: 'weight', storage: 'dense', write: true },
      { name: 'bias', storage: 'dense', write: true },
    ],
    functions: overBlocks,
    body: `  var total = vec2f();
  for (var z = 0u; z < p.groups; z++) {
    let inverse = moments[(p.groups + z) * p.columns + i];
    let sums = overBlocks(z, i) * vec2f(1.0, inverse);
    total += sums;
    let to = 2u * (z * p.columns + i);
    result[to] = sums.x / f32(p.rows);
    result[to + 1u] = sums.y / f32(p.rows) * inverse;
  }
  bias[i] = total.x;
  weight[i] = total.y;`,
  })
}

/** Gradient of x from that of its normalised values, in place. `training`: the statistics depend on x too. */
export function normaliseBackward(x: Storage, gradient: Storage, training: boolean): KernelSource {
  return elementKernel({
    name: 'normalise backward',
    sizes: ['columns', 'groupSize', 'scales'],
    bindings: [
      { name: 'x', storage: x },
      { name: 'table', storage: 'dense' },
      ...(training ? [{ name: 'shares', storage: 'dense' } as const] : []),
      { name: 'gradient', storage: gradient, write: true },
    ],
    body: `  let c = i % p.columns;
  let at = i / p.groupSize * p.columns + c;
  ${
    training
      ? 'let g = load_gradient(i) - shares[2u * at] - (load_x(i) - table[at]) * shares[2u * at + 1u];'
      : 'let g = load_gradient(i);'
  }
  save_gradient(i, g * table[p.scales + at]);`,
  })
}

/** What `partialCounts` sums: squares, non-zero values, values, or spikes and open windows. */
export type CountKind = 'squares' | 'nonzero' | 'values' | 'spikes'

const counted: { readonly [kind in CountKind]: string } = {
  squares: 'let v = load_x(at); sum += vec2f(v * v, 0.0);',
  values: 'sum += vec2f(load_x(at), 1.0);',
  nonzero: 'sum += vec2f(select(0.0, 1.0, load_x(at) != 0.0), 1.0);',
  spikes: 'sum += vec2f(f32(countOneBits(x[at] & 0x01010101u)), f32(countOneBits(x[at] & 0x02020202u)));',
}

/** Partial counts, one pair a workgroup; without workgroup memory, one an invocation. */
export function partialCounts(kind: CountKind, x: Storage, way: SumWay): KernelSource {
  const parts = {
    name: `sums of ${kind}`,
    sizes: ['count', 'first'],
    bindings: [{ name: 'x', storage: kind === 'spikes' ? 'words' : x } as const, result],
  }
  if (way === 'direct') {
    return kernel({
      ...parts,
      threads: directLanes,
      body: `  let place = group * ${directLanes}u + lane;
  let from0 = place * ${directRowsEach}u;
  if (from0 >= p.count) { return; }
  var sum = vec2f();
  for (var at = from0; at < min(from0 + ${directRowsEach}u, p.count); at++) { ${counted[kind]} }
  result[2u * (p.first + place)] = sum.x;
  result[2u * (p.first + place) + 1u] = sum.y;`,
    })
  }
  return kernel({
    ...parts,
    threads,
    enable: enabled(way),
    functions: sumsOfAll,
    body: `  var sum = vec2f();
  for (var k = 0u; k < 16u; k++) {
    let at = (group * 16u + k) * ${threads}u + lane;
    if (at < p.count) { ${counted[kind]} }
  }
${upTo(1, way)}
  if (lane == 0u && group * ${16 * threads}u < p.count) {
    result[2u * (p.first + group)] = total.x;
    result[2u * (p.first + group) + 1u] = total.y;
  }`,
  })
}

/** Pairs that `partialCounts` makes of `count` values, and its workgroups. */
export function countPlan(count: number, way: SumWay): { pairs: number; workgroups: number } {
  const direct = way === 'direct'
  const pairs = Math.max(1, Math.ceil(count / (direct ? directRowsEach : 16 * threads)))
  return { pairs, workgroups: direct ? Math.ceil(pairs / directLanes) : pairs }
}

/** Adds up the pairs of `partialCounts` in one workgroup: both sums; or the root of the first, and the factor of clipping. */
export function finishCounts(kind: 'norm' | 'counts', way: SumWay): KernelSource {
  const finish =
    kind === 'counts'
      ? 'result[0] = total.x; result[1] = total.y;'
      : `let norm = sqrt(total.x);
    result[0] = norm;
    result[1] = select(1.0, p.most / norm, norm > p.most);`
  const parts = {
    name: `finish ${kind}`,
    sizes: ['count'],
    numbers: kind === 'norm' ? ['most'] : [],
    bindings: [partials, result],
  }
  const pair = (at: string) => `vec2f(partials[2u * ${at}], partials[2u * ${at} + 1u])`
  if (way === 'direct') {
    return kernel({
      ...parts,
      threads: 1,
      body: `  var total = vec2f();
  for (var i = 0u; i < p.count; i += 64u) {
    var some = vec2f();
    for (var k = i; k < min(i + 64u, p.count); k++) { some += ${pair('k')}; }
    total += some;
  }
  ${finish}`,
    })
  }
  return kernel({
    ...parts,
    threads,
    enable: enabled(way),
    functions: sumsOfAll,
    body: `  var sum = vec2f();
  for (var i = lane; i < p.count; i += ${threads}u) { sum += ${pair('i')}; }
${upTo(1, way)}
  if (lane == 0u) {
    ${finish}
  }`,
  })
}
