import { type Binding, type KernelSource, kernel } from './kernel.ts'

/**
 * Convolutions without workgroup memory, for adapters that are programs on the CPU: those are slow to compile barriers and
 * slow to divide, so loops go over taps and channels, and every place is found outside of the innermost one. An invocation
 * makes two rows of four columns, and adds up in the order of the tiled kernels.
 */

/** Invocations of a workgroup. */
export const directThreads = 64

/** Rows of an invocation: more would be faster to run and slower to compile. */
export const directRows = 2
const four = Array.from({ length: directRows }, (_, r) => r)
const each = (text: (r: number) => string, by = '\n'): string => four.map(text).join(by)

/** Rows and columns of an invocation; `row${r}` stays inside, what is beyond is not stored. */
function frame(M: string, N: string, planes: string): string {
  return `  let z = ${planes};
  let i = group * ${directThreads}u + lane;
  let quads = (${N} + 3u) / 4u;
  let row = i / quads * ${directRows}u;
  let n = i % quads * 4u;
  let rows = ${M};
  if (row >= rows) { return; }
${each((r) => `  let row${r} = min(row + ${r}u, rows - 1u);`)}
${each((r) => `  var sum${r} = vec4f();`)}`
}

const stores = each((r) => `  if (row + ${r}u < rows) { store(row + ${r}u, n, z, sum${r}); }`)

/** A value, or 0 where it lies outside: without branches. */
const valueOr0 = (load: string): string => `fn valueAt(base: u32, k: u32, inside: bool) -> f32 {
  return select(0.0, ${load}, inside);
}`

export interface DirectParts {
  readonly constants: string
  /** Reads four columns of the weights or the gradient: `columnsAt(k, n, z)`. */
  readonly columns: string
  readonly store: string
  readonly bindings: readonly Binding[]
  readonly sizes: readonly string[]
}

export function directForward(parts: DirectParts): KernelSource {
  return kernel({
    name: 'convolution',
    sizes: parts.sizes,
    bindings: parts.bindings,
    threads: directThreads,
    functions: [parts.constants, parts.columns, parts.store, valueOr0('load_x(select(0u, base + k, inside))')].join(
      '\n',
    ),
    body: `${frame('p.frames * HO * WO', 'KG', 'wid.z')}
${each((r) => `  let f${r} = row${r} / (HO * WO) * H; let y${r} = row${r} / WO % HO * SY; let x${r} = row${r} % WO * SX;`)}
  for (var ky = 0u; ky < TAPS / KW; ky++) {
    for (var kx = 0u; kx < KW; kx++) {
${each(
  (r) => `      let py${r} = y${r} + ky * DY; let px${r} = x${r} + kx * DX;
      let inside${r} = py${r} >= PY && px${r} >= PX && py${r} < H + PY && px${r} < WI + PX;
      let base${r} = ((f${r} + py${r} - PY) * WI + px${r} - PX) * C + z * CG;`,
)}
      let k0 = (ky * KW + kx) * CG;
      for (var k = 0u; k < CG; k++) {
        let b = columnsAt(k0 + k, n, z);
${each((r) => `        sum${r} += valueAt(base${r}, k, inside${r}) * b;`)}
      }
    }
  }
${stores}`,
  })
}

export function directInputGradient(parts: DirectParts): KernelSource {
  return kernel({
    name: 'convolution input gradient',
    sizes: parts.sizes,
    bindings: parts.bindings,
    threads: directThreads,
    functions: [
      parts.constants,
      parts.columns,
      parts.store,
      valueOr0('load_gradient(select(0u, base + k, inside))'),
    ].join('\n'),
    body: `${frame('p.frames * H * WI', 'CG', 'wid.z')}
${each((r) => `  let f${r} = row${r} / (H * WI) * HO; let y${r} = row${r} / WI % H + PY; let x${r} = row${r} % WI + PX;`)}
  for (var ky = 0u; ky < TAPS / KW; ky++) {
    for (var kx = 0u; kx < KW; kx++) {
${each(
  (r) => `      let py${r} = y${r} - ky * DY; let px${r} = x${r} - kx * DX;
      let inside${r} = y${r} >= ky * DY && x${r} >= kx * DX && py${r} % SY == 0u && px${r} % SX == 0u && py${r} / SY < HO && px${r} / SX < WO;
      let base${r} = ((f${r} + py${r} / SY) * WO + px${r} / SX) * CO + z * KG;`,
)}
      let tap = ky * KW + kx;
      for (var k = 0u; k < KG; k++) {
        let b = columnsAt(tap, k, n, z);
${each((r) => `        sum${r} += valueAt(base${r}, k, inside${r}) * b;`)}
      }
    }
  }
${stores}`,
  })
}

/** Rows are weights; a share is some of the frames. */
export function directWeightGradient(parts: DirectParts): KernelSource {
  return kernel({
    name: 'convolution weight gradient',
    sizes: parts.sizes,
    bindings: parts.bindings,
    threads: directThreads,
    functions: [parts.constants, parts.columns, parts.store, valueOr0('load_x(select(0u, base + k, inside))')].join(
      '\n',
    ),
    body: `${frame('TAPS * CG', 'KG', 'wid.z')}
  let group0 = z / p.shares * CG;
${each((r) => `  let ky${r} = row${r} / CG / KW * DY; let kx${r} = row${r} / CG % KW * DX; let c${r} = row${r} % CG + group0;`)}
  let first = z % p.shares * p.perShare / (HO * WO);
  let end = min(p.frames, (z % p.shares + 1u) * p.perShare / (HO * WO));
  for (var f = first; f < end; f++) {
    for (var oy = 0u; oy < HO; oy++) {
${each((r) => `      let py${r} = oy * SY + ky${r}; let insideY${r} = py${r} >= PY && py${r} < H + PY;`)}
${each((r) => `      let base${r} = (f * H + py${r} - PY) * WI * C + c${r};`)}
      for (var ox = 0u; ox < WO; ox++) {
        let b = columnsAt((f * HO + oy) * WO + ox, n, z / p.shares);
${each(
  (r) => `        let px${r} = ox * SX + kx${r};
        sum${r} += valueAt(base${r}, (px${r} - PX) * C, insideY${r} && px${r} >= PX && px${r} < WI + PX) * b;`,
)}
      }
    }
  }
${stores}`,
  })
}
