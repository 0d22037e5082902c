import { directRows, directThreads } from './direct.ts'
import { type Binding, type KernelSource, kernel } from './kernel.ts'

/** How a product of matrices is cut: a workgroup makes m x n values, k products at a time; an invocation rows x columns. */
export interface Tile {
  readonly m: number
  readonly n: number
  readonly k: number
  readonly rows: number
  /** A multiple of 4. */
  readonly columns: number
}

/** Along which axis four neighbouring elements are read at once. */
export type Along = 'm' | 'n' | 'k'

/**
 * What a product of matrices multiplies. `functions` must define
 * `loadA(m, k, z) -> vec4f` and `loadB(k, n, z) -> vec4f`, four elements along `aAlong` and `bAlong` and 0 outside, and
 * `store(m, n, z, v: vec4f)` for four neighbouring columns, where m and n begin inside.
 */
export interface Product {
  readonly name: string
  readonly sizes: readonly string[]
  readonly bindings: readonly Binding[]
  readonly functions: string
  readonly aAlong: 'm' | 'k'
  readonly bAlong: 'n' | 'k'
  /** WGSL of the number of rows, columns and products. */
  readonly M: string
  readonly N: string
  /** First and end of the products that plane z of the grid adds up. */
  readonly kFrom: string
  readonly kTo: string
}

/** The tile for a product with n columns. */
export function defaultTile(n: number): Tile {
  if (n <= 16) return { m: 64, n: 16, k: 16, rows: 4, columns: 4 }
  if (n <= 32) return { m: 64, n: 32, k: 16, rows: 4, columns: 4 }
  return { m: 64, n: 64, k: 16, rows: 4, columns: 4 }
}

/**
 * Tiles that a tuner may choose from, the default first, for products with n columns.
 * @param invocations most that a workgroup may have
 */
export function possibleTiles(n: number, invocations: number): Tile[] {
  const others: Tile[] = [
    { m: 128, n: 64, k: 8, rows: 8, columns: 4 },
    { m: 128, n: 64, k: 16, rows: 8, columns: 4 },
    { m: 128, n: 128, k: 8, rows: 8, columns: 8 },
    { m: 32, n: 32, k: 16, rows: 4, columns: 4 },
  ]
  const fitting = others.filter((tile) => tile.n <= Math.max(32, 2 * n) && threadsOf(tile) <= invocations)
  return [defaultTile(n), ...fitting]
}

/** Stands for the kernels of direct.ts, without workgroup memory: an invocation makes a few rows of 4 columns. */
export const directTile: Tile = { m: directRows, n: 4, k: 1, rows: directRows, columns: 4 }

export function threadsOf(tile: Tile): number {
  return (tile.m / tile.rows) * (tile.n / tile.columns)
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/**
 * C = A B, both operands read through workgroup memory: workgroup `group` makes one tile, plane z of the grid one group of
 * channels or one share of the products.
 * @param half operands are rounded to float16; their products, which float32 holds exactly, and all sums are float32
 */
export function productKernel(product: Product, tile: Tile, half: boolean): KernelSource {
  const scalar = half ? 'f16' : 'f32'
  const threads = threadsOf(tile)
  const quads = range(tile.columns / 4)
  const rows = range(tile.rows)
  const sums = rows.flatMap((r) => quads.map((c) => ({ r, c, name: `sum${r}_${c}` })))
  const body = `  let z = wid.z;
  let tilesN = (${product.N} + ${tile.n - 1}u) / ${tile.n}u;
  let row0 = group / tilesN * ${tile.m}u;
  let column0 = group % tilesN * ${tile.n}u;
  if (row0 >= ${product.M}) { return; }
  let row = lane / ${tile.n / tile.columns}u * ${tile.rows}u;
  let column = lane % ${tile.n / tile.columns}u * ${tile.columns}u;
${sums.map(({ name }) => `  var ${name} = vec4f();`).join('\n')}
  let end = ${product.kTo};
  for (var k0 = ${product.kFrom}; k0 < end; k0 += ${tile.k}u) {
${loads('A', tile, threads, product.aAlong, scalar)}
${loads('B', tile, threads, product.bAlong, scalar)}
    workgroupBarrier();
    for (var k = 0u; k < ${tile.k}u; k++) {
${quads.map((c) => `      let b${c} = ${four(`k * ${tile.n}u + column + ${4 * c}u`)};`).join('\n')}
${rows
  .map((r) => {
    const a = `f32(tileA[k * ${tile.m}u + row + ${r}u])`
    return `      { let a = ${a}; ${quads.map((c) => `sum${r}_${c} += a * b${c};`).join(' ')} }`
  })
  .join('\n')}
    }
    workgroupBarrier();
  }
${rows
  .map(
    (r) => `  if (row0 + row + ${r}u < ${product.M}) {
${quads
  .map(
    (c) =>
      `    if (column0 + column + ${4 * c}u < ${product.N}) { store(row0 + row + ${r}u, column0 + column + ${4 * c}u, z, sum${r}_${c}); }`,
  )
  .join('\n')}
  }`,
  )
  .join('\n')}`
  return kernel({
    name: product.name,
    sizes: product.sizes,
    bindings: product.bindings,
    threads,
    enable: half ? ['f16'] : [],
    functions: `${product.functions}
var<workgroup> tileA: array<${scalar}, ${tile.k * tile.m}>;
var<workgroup> tileB: array<${scalar}, ${tile.k * tile.n}>;`,
    body,
  })
}

/** Workgroups that make rows x columns values. */
export function workgroupsOf(tile: Tile, rows: number, columns: number): number {
  const tiles = Math.ceil(rows / tile.m) * Math.ceil(columns / tile.n)
  return tile === directTile ? Math.ceil(tiles / directThreads) : tiles
}

function four(at: string): string {
  return `vec4f(${range(4)
    .map((j) => `f32(tileB[${at} + ${j}u])`)
    .join(', ')})`
}

/** Fills one operand's tile, [k][m or n], four elements a turn. */
function loads(operand: 'A' | 'B', tile: Tile, threads: number, along: Along, scalar: string): string {
  const width = operand === 'A' ? tile.m : tile.n
  const origin = operand === 'A' ? 'row0' : 'column0'
  const turns = Math.ceil((width * tile.k) / 4 / threads)
  const spare = (width * tile.k) / 4 < turns * threads
  const place =
    along === 'k'
      ? `let w = e / ${tile.k / 4}u; let k = e % ${tile.k / 4}u * 4u;`
      : `let w = e % ${width / 4}u * 4u; let k = e / ${width / 4}u;`
  const args = operand === 'A' ? `${origin} + w, k0 + k, z, end` : `k0 + k, ${origin} + w, z, end`
  const to = (j: number) => (along === 'k' ? `(k + ${j}u) * ${width}u + w` : `k * ${width}u + w + ${j}u`)
  return `    for (var turn = 0u; turn < ${turns}u; turn++) {
      let e = turn * ${threads}u + lane;
${spare ? `      if (e < ${(width * tile.k) / 4}u) {\n` : ''}      ${place}
      let v = load${operand}(${args});
${range(4)
  .map((j) => `      tile${operand}[${to(j)}] = ${scalar}(v[${j}]);`)
  .join('\n')}${spare ? '\n      }' : ''}
    }`
}
