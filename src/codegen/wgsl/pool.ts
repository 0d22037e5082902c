import { type Binding, elementKernel, type KernelSource, type Storage } from './kernel.ts'

/** Which pixels an output cell covers: a window that slides, or equal parts of the image. */
export type PoolForm = 'sliding' | 'adaptive'

/** Sizes that pooling kernels take. */
const sizes = [
  'height',
  'width',
  'channels',
  'outHeight',
  'outWidth',
  'kernelY',
  'kernelX',
  'strideY',
  'strideX',
  'padY',
  'padX',
]

/** First and end of the rows and columns of a cell; and the weight of each pixel in an average. */
const spans: { readonly [form in PoolForm]: string } = {
  sliding: `fn span(cell: u32, stride: u32, pad: u32, size: u32, length: u32, cells: u32) -> vec2u {
  let at = cell * stride;
  return vec2u(max(at, pad) - pad, min(at + length, size + pad) - pad);
}
fn share(rows: vec2u, columns: vec2u) -> f32 { return 1.0 / f32(p.kernelY * p.kernelX); }`,
  adaptive: `fn span(cell: u32, stride: u32, pad: u32, size: u32, length: u32, cells: u32) -> vec2u {
  return vec2u(cell * size / cells, ((cell + 1u) * size + cells - 1u) / cells);
}
fn share(rows: vec2u, columns: vec2u) -> f32 { return 1.0 / f32((rows.y - rows.x) * (columns.y - columns.x)); }`,
}

const cell = `  let rows = span(oy, p.strideY, p.padY, p.height, p.kernelY, p.outHeight);
  let columns = span(ox, p.strideX, p.padX, p.width, p.kernelX, p.outWidth);`

/** The place of a cell's first maximum. */
const firstMaximum = `fn firstMaximum(frame: u32, rows: vec2u, columns: vec2u, c: u32) -> u32 {
  var best = ((frame * p.height + rows.x) * p.width + columns.x) * p.channels + c;
  for (var y = rows.x; y < rows.y; y++) {
    for (var x = columns.x; x < columns.y; x++) {
      let at = ((frame * p.height + y) * p.width + x) * p.channels + c;
      if (load_x(at) > load_x(best)) { best = at; }
    }
  }
  return best;
}`

/** One invocation an output value. The maximum of spikes is the byte of the first, written into a cleared result. */
export function poolForward(kind: 'average' | 'max', form: PoolForm, x: Storage, result: Storage): KernelSource {
  const bytes = kind === 'max' && x === 'spikes'
  const value =
    kind === 'max'
      ? bytes
        ? `  let best = firstMaximum(frame, rows, columns, c);
  let byte = extractBits(x[best >> 2u], (best & 3u) * 8u, 8u);
  atomicOr(&result[i >> 2u], byte << ((i & 3u) * 8u));`
        : '  save_result(i, load_x(firstMaximum(frame, rows, columns, c)));'
      : `  var sum = 0.0;
  for (var y = rows.x; y < rows.y; y++) {
    for (var x = columns.x; x < columns.y; x++) { sum += load_x(((frame * p.height + y) * p.width + x) * p.channels + c); }
  }
  save_result(i, sum * share(rows, columns));`
  return elementKernel({
    name: `${kind} pool`,
    sizes,
    bindings: [
      { name: 'x', storage: x },
      { name: 'result', storage: bytes ? 'atomics' : result, write: true },
    ],
    functions: kind === 'max' ? `${spans[form]}\n${firstMaximum}` : spans[form],
    body: `  let c = i % p.channels;
  let ox = i / p.channels % p.outWidth;
  let oy = i / p.channels / p.outWidth % p.outHeight;
  let frame = i / p.channels / p.outWidth / p.outHeight;
${cell}
${value}`,
  })
}

/** One invocation an input value, which asks every cell that covers it. `open`: 0 where the window is closed. */
export function poolBackward(
  kind: 'average' | 'max',
  form: PoolForm,
  stored: { readonly x: Storage; readonly gradient: Storage; readonly result: Storage },
  open: boolean,
): KernelSource {
  const needsX = kind === 'max' || open
  const bindings: Binding[] = [
    ...(needsX ? [{ name: 'x', storage: stored.x }] : []),
    { name: 'gradient', storage: stored.gradient },
    { name: 'result', storage: stored.result, write: true },
  ]
  const share =
    kind === 'max'
      ? 'if (firstMaximum(frame, rows, columns, c) == i) { sum += load_gradient(at); }'
      : 'sum += load_gradient(at) * share(rows, columns);'
  return elementKernel({
    name: `${kind} pool backward`,
    sizes,
    bindings,
    functions: `${spans[form]}
${kind === 'max' ? firstMaximum : ''}
${cover[form]}`,
    body: `  let c = i % p.channels;
  let ix = i / p.channels % p.width;
  let iy = i / p.channels / p.width % p.height;
  let frame = i / p.channels / p.width / p.height;
  let ys = cover(iy, p.strideY, p.padY, p.kernelY, p.height, p.outHeight);
  let xs = cover(ix, p.strideX, p.padX, p.kernelX, p.width, p.outWidth);
  var sum = 0.0;
  for (var oy = ys.x; oy < ys.y; oy++) {
    for (var ox = xs.x; ox < xs.y; ox++) {
${cell}
      if (iy >= rows.x && iy < rows.y && ix >= columns.x && ix < columns.y) {
        let at = ((frame * p.outHeight + oy) * p.outWidth + ox) * p.channels + c;
        ${share}
      }
    }
  }
  save_result(i, ${open ? 'select(0.0, sum, open_x(i))' : 'sum'});`,
  })
}

/** First and end of the cells that may cover a pixel. */
const cover: { readonly [form in PoolForm]: string } = {
  sliding: `fn cover(i: u32, stride: u32, pad: u32, length: u32, size: u32, cells: u32) -> vec2u {
  let at = i + pad;
  return vec2u((max(at + 1u, length) - length + stride - 1u) / stride, min(cells, at / stride + 1u));
}`,
  adaptive: `fn cover(i: u32, stride: u32, pad: u32, length: u32, size: u32, cells: u32) -> vec2u {
  return vec2u(i * cells / size, min(cells, ((i + 1u) * cells + size - 1u) / size));
}`,
}
