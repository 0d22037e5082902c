import { type DirectParts, directForward, directInputGradient, directWeightGradient } from './direct.ts'
import { type Binding, elementKernel, type KernelSource, type Storage } from './kernel.ts'
import { directTile, type Product, productKernel, type Tile } from './product.ts'

/** Everything about a convolution but the number of its frames. */
export interface ConvolutionShape {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outChannels: number
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly groups: number
}

function constants(s: ConvolutionShape): string {
  const values: { readonly [name: string]: number } = {
    H: s.height,
    WI: s.width,
    C: s.channels,
    HO: s.outHeight,
    WO: s.outWidth,
    CO: s.outChannels,
    KW: s.kernel[1],
    TAPS: s.kernel[0] * s.kernel[1],
    SY: s.stride[0],
    SX: s.stride[1],
    PY: s.padding[0],
    PX: s.padding[1],
    DY: s.dilation[0],
    DX: s.dilation[1],
    CG: s.channels / s.groups,
    KG: s.outChannels / s.groups,
  }
  return Object.entries(values)
    .map(([name, value]) => `const ${name} = ${value}u;`)
    .join('\n')
}

const isQuad = (...counts: number[]): boolean => counts.every((count) => count % 4 === 0)

/** A function of four neighbours from one of single elements, or from one read of four; `single` is element j. */
function quad(name: string, args: string, wide: string | null, single: string): string {
  const loop = `var v = vec4f();
  for (var j = 0u; j < 4u; j++) { v[j] = ${single}; }
  return v;`
  return `fn ${name}(${args}) -> vec4f {
  ${wide ?? loop}
}`
}

/** The input pixel under a tap of an output pixel, as the index of its first channel; 0xffffffff outside. */
const inputPixel = `fn inputPixel(pixel: u32, tap: u32) -> u32 {
  let f = pixel / (HO * WO);
  let oy = pixel / WO % HO;
  let ox = pixel % WO;
  let y = oy * SY + tap / KW * DY;
  let x = ox * SX + tap % KW * DX;
  if (y < PY || x < PX || y >= H + PY || x >= WI + PX) { return 0xffffffffu; }
  return ((f * H + y - PY) * WI + x - PX) * C;
}`

/** x under tap and channel k of output pixel m. */
const inputAt = `fn inputAt(m: u32, k: u32, z: u32, end: u32) -> f32 {
  if (k >= end || m >= p.frames * HO * WO) { return 0.0; }
  let base = inputPixel(m, k / CG);
  if (base == 0xffffffffu) { return 0.0; }
  return load_x(base + z * CG + k % CG);
}`

const wideInputAt = `if (k >= end || m >= p.frames * HO * WO) { return vec4f(); }
  let base = inputPixel(m, k / CG);
  if (base == 0xffffffffu) { return vec4f(); }
  return load4_x((base + z * CG + k % CG) / 4u);`

export interface ForwardOptions {
  readonly x: Storage
  readonly weight: Storage
  readonly y: Storage
  readonly bias: boolean
  readonly residual: Storage | null
}

/** y = x * weight + bias + residual. Grid: tiles of pixels and channels; z is the group of channels. */
export function convolutionForward(s: ConvolutionShape, o: ForwardOptions, tile: Tile, half = false): KernelSource {
  const KG = s.outChannels / s.groups
  const wideIn = isQuad(s.channels, s.channels / s.groups)
  const wideOut = isQuad(s.outChannels, KG)
  const epilogue = [
    ...(o.bias ? ['bias[n + z * KG]'] : []),
    ...(o.residual ? ['load_residual((m * CO + z * KG + n) % p.residualSize)'] : []),
  ]
  const bindings: Binding[] = [
    { name: 'x', storage: o.x, wide: wideIn && tile !== directTile },
    { name: 'weight', storage: o.weight, wide: wideOut },
    ...(o.bias ? [{ name: 'bias', storage: 'dense', wide: wideOut } as Binding] : []),
    ...(o.residual ? [{ name: 'residual', storage: o.residual, wide: wideOut } as Binding] : []),
    { name: 'y', storage: o.y, write: true, wide: wideOut },
  ]
  const sizes = ['frames', ...(o.residual ? ['residualSize'] : [])]
  const store = wideOut
    ? `fn store(m: u32, n: u32, z: u32, v: vec4f) {
  let at = (m * CO + z * KG + n) / 4u;
  save4_y(at, v${o.bias ? ' + load4_bias((z * KG + n) / 4u)' : ''}${
    o.residual ? ' + load4_residual(at % (p.residualSize / 4u))' : ''
  });
}`
    : scalarStore('y', 'm * CO + z * KG + n', 'KG', epilogue)
  if (tile === directTile) {
    return directForward({ constants: constants(s), columns: columnsOf('weight', wideOut), store, bindings, sizes })
  }
  const functions = [
    constants(s),
    inputPixel,
    wideIn ? '' : inputAt,
    quad('loadA', 'm: u32, k: u32, z: u32, end: u32', wideIn ? wideInputAt : null, 'inputAt(m, k + j, z, end)'),
    weightRows(wideOut),
    store,
  ]
  return productKernel(
    {
      name: 'convolution',
      sizes,
      bindings,
      functions: functions.filter((f) => f !== '').join('\n'),
      aAlong: 'k',
      bAlong: 'n',
      M: 'p.frames * HO * WO',
      N: 'KG',
      kFrom: '0u',
      kTo: 'TAPS * CG',
    },
    tile,
    half,
  )
}

/** Four columns n of row k of weights or of a gradient, in group z; n begins inside. */
function columnsOf(name: string, wide: boolean): DirectParts['columns'] {
  const at = (j: number) => `load_${name}(k * CO + z * KG + min(n + ${j}u, KG - 1u))`
  return `fn columnsAt(k: u32, n: u32, z: u32) -> vec4f {
  return ${wide ? `load4_${name}((k * CO + z * KG + n) / 4u)` : `vec4f(${[0, 1, 2, 3].map(at).join(', ')})`};
}`
}

/** Weights of one tap and output channel k, for four input channels n. */
const weightsBack = `fn columnsAt(tap: u32, k: u32, n: u32, z: u32) -> vec4f {
  let at = tap * CG * CO + z * KG + k;
  return vec4f(${[0, 1, 2, 3].map((j) => `load_weight(at + min(n + ${j}u, CG - 1u) * CO)`).join(', ')});
}`

/** weight[k][n] of group z, four columns. */
function weightRows(wide: boolean): string {
  return quad(
    'loadB',
    'k: u32, n: u32, z: u32, end: u32',
    wide ? 'if (k >= end || n >= KG) { return vec4f(); }\n  return load4_weight((k * CO + z * KG + n) / 4u);' : null,
    'select(0.0, load_weight(min(k, end - 1u) * CO + z * KG + min(n + j, KG - 1u)), k < end && n + j < KG)',
  )
}

/** Stores four columns one by one, those inside. */
function scalarStore(result: string, at: string, N: string, plus: readonly string[] = []): string {
  const each = (text: string) => text.replace(/\bn\b/g, 'nj')
  return `fn store(m: u32, n: u32, z: u32, v: vec4f) {
  for (var j = 0u; j < 4u; j++) {
    let nj = n + j;
    if (nj < ${N}) { save_${result}(${each(at)}, v[j]${plus.map((term) => ` + ${each(term)}`).join('')}); }
  }
}`
}

export interface InputGradientOptions {
  /** Only at open windows of the spikes x. */
  readonly open: boolean
  readonly gradient: Storage
  readonly weight: Storage
  readonly result: Storage
}

/** dL/dx from dL/dy. Grid: tiles of input pixels and channels; z is the group. */
export function convolutionInputGradient(
  s: ConvolutionShape,
  o: InputGradientOptions,
  tile: Tile,
  half = false,
): KernelSource {
  const [CG, KG] = [s.channels / s.groups, s.outChannels / s.groups]
  const wideK = isQuad(s.outChannels, KG)
  const wideOut = isQuad(s.channels, CG)
  const at = 'm * C + z * CG + n'
  const store = inputGradientStore(wideOut, o.open, at)
  const bindings: Binding[] = [
    { name: 'gradient', storage: o.gradient, wide: wideK && tile !== directTile },
    { name: 'weight', storage: o.weight, wide: wideK && tile !== directTile },
    ...(o.open ? [{ name: 'x', storage: 'spikes' } as Binding] : []),
    { name: 'result', storage: o.result, write: true, wide: wideOut },
  ]
  if (tile === directTile) {
    return directInputGradient({ constants: constants(s), columns: weightsBack, store, bindings, sizes: ['frames'] })
  }
  const functions = [
    constants(s),
    `fn outputPixel(pixel: u32, tap: u32) -> u32 {
  let f = pixel / (H * WI);
  let y = pixel / WI % H + PY;
  let x = pixel % WI + PX;
  let ky = tap / KW * DY;
  let kx = tap % KW * DX;
  if (y < ky || x < kx || (y - ky) % SY != 0u || (x - kx) % SX != 0u) { return 0xffffffffu; }
  let oy = (y - ky) / SY;
  let ox = (x - kx) / SX;
  if (oy >= HO || ox >= WO) { return 0xffffffffu; }
  return ((f * HO + oy) * WO + ox) * CO;
}`,
    wideK
      ? ''
      : `fn gradientAt(m: u32, k: u32, z: u32, end: u32) -> f32 {
  if (k >= end || m >= p.frames * H * WI) { return 0.0; }
  let base = outputPixel(m, k / KG);
  if (base == 0xffffffffu) { return 0.0; }
  return load_gradient(base + z * KG + k % KG);
}`,
    quad(
      'loadA',
      'm: u32, k: u32, z: u32, end: u32',
      wideK
        ? `if (k >= end || m >= p.frames * H * WI) { return vec4f(); }
  let base = outputPixel(m, k / KG);
  if (base == 0xffffffffu) { return vec4f(); }
  return load4_gradient((base + z * KG + k % KG) / 4u);`
        : null,
      'gradientAt(m, k + j, z, end)',
    ),
    wideK
      ? ''
      : `fn weightAt(k: u32, n: u32, z: u32, end: u32) -> f32 {
  if (k >= end || n >= CG) { return 0.0; }
  return load_weight((k / KG * CG + n) * CO + z * KG + k % KG);
}`,
    quad(
      'loadB',
      'k: u32, n: u32, z: u32, end: u32',
      wideK
        ? 'if (k >= end || n >= CG) { return vec4f(); }\n  return load4_weight(((k / KG * CG + n) * CO + z * KG + k % KG) / 4u);'
        : null,
      'weightAt(k + j, n, z, end)',
    ),
    store,
  ]
  return productKernel(
    {
      name: 'convolution input gradient',
      sizes: ['frames'],
      bindings,
      functions: functions.filter((f) => f !== '').join('\n'),
      aAlong: 'k',
      bAlong: 'k',
      M: 'p.frames * H * WI',
      N: 'CG',
      kFrom: '0u',
      kTo: 'TAPS * KG',
    },
    tile,
    half,
  )
}

function inputGradientStore(wide: boolean, open: boolean, at: string): string {
  if (wide) {
    const value = open ? `select(vec4f(), v, open4_x((${at}) / 4u))` : 'v'
    return `fn store(m: u32, n: u32, z: u32, v: vec4f) { save4_result((${at}) / 4u, ${value}); }`
  }
  return `fn store(m: u32, n: u32, z: u32, v: vec4f) {
  for (var j = 0u; j < 4u; j++) {
    if (n + j < CG) { let at = ${at} + j; save_result(at, ${open ? 'select(0.0, v[j], open_x(at))' : 'v[j]'}); }
  }
}`
}

/**
 * Shares of dL/dweight: x transposed times dL/dy, over a part of the output pixels. Grid: tiles of weight rows and
 * columns; z counts groups of channels and, within each, shares. result is [shares, weights].
 */
export function convolutionWeightGradient(
  s: ConvolutionShape,
  o: { readonly x: Storage; readonly gradient: Storage },
  tile: Tile,
  half = false,
): KernelSource {
  const [CG, KG] = [s.channels / s.groups, s.outChannels / s.groups]
  const wideIn = isQuad(s.channels, CG)
  const wideOut = isQuad(s.outChannels, KG)
  const at = 'z % p.shares * TAPS * CG * CO + m * CO + z / p.shares * KG + n'
  const store = wideOut
    ? `fn store(m: u32, n: u32, z: u32, v: vec4f) { save4_result((${at}) / 4u, v); }`
    : scalarStore('result', at, 'KG')
  const bindings: Binding[] = [
    { name: 'x', storage: o.x, wide: wideIn && tile !== directTile },
    { name: 'gradient', storage: o.gradient, wide: wideOut },
    { name: 'result', storage: 'dense', write: true, wide: wideOut },
  ]
  const sizes = ['frames', 'shares', 'perShare']
  if (tile === directTile) {
    return directWeightGradient({
      constants: constants(s),
      columns: columnsOf('gradient', wideOut),
      store,
      bindings,
      sizes,
    })
  }
  const functions = [
    constants(s),
    inputPixel,
    wideIn
      ? ''
      : `fn inputAt(m: u32, k: u32, z: u32, end: u32) -> f32 {
  if (k >= end || m >= TAPS * CG) { return 0.0; }
  let base = inputPixel(k, m / CG);
  if (base == 0xffffffffu) { return 0.0; }
  return load_x(base + z / p.shares * CG + m % CG);
}`,
    quad(
      'loadA',
      'm: u32, k: u32, z: u32, end: u32',
      wideIn
        ? `if (k >= end || m >= TAPS * CG) { return vec4f(); }
  let base = inputPixel(k, m / CG);
  if (base == 0xffffffffu) { return vec4f(); }
  return load4_x((base + z / p.shares * CG + m % CG) / 4u);`
        : null,
      'inputAt(m + j, k, z, end)',
    ),
    quad(
      'loadB',
      'k: u32, n: u32, z: u32, end: u32',
      wideOut
        ? 'if (k >= end || n >= KG) { return vec4f(); }\n  return load4_gradient((k * CO + z / p.shares * KG + n) / 4u);'
        : null,
      'select(0.0, load_gradient(min(k, end - 1u) * CO + z / p.shares * KG + min(n + j, KG - 1u)), k < end && n + j < KG)',
    ),
    store,
  ]
  const product: Product = {
    name: 'convolution weight gradient',
    sizes,
    bindings,
    functions: functions.filter((f) => f !== '').join('\n'),
    aAlong: 'm',
    bAlong: 'n',
    M: 'TAPS * CG',
    N: 'KG',
    kFrom: 'z % p.shares * p.perShare',
    kTo: 'min(p.frames * HO * WO, (z % p.shares + 1u) * p.perShare)',
  }
  return productKernel(product, tile, half)
}

/** Sum over the shares of a weight gradient, in their order. */
export function sumShares(): KernelSource {
  return elementKernel({
    name: 'sum of shares',
    sizes: ['shares'],
    bindings: [
      { name: 'x', storage: 'dense' },
      { name: 'result', storage: 'dense', write: true },
    ],
    body: `  var sum = 0.0;
  for (var s = 0u; s < p.shares; s += 16u) {
    var some = 0.0;
    for (var k = s; k < min(s + 16u, p.shares); k++) { some += x[k * p.count + i]; }
    sum += some;
  }
  result[i] = sum;`,
  })
}
