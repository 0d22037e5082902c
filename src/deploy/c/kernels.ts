import type { WeightType } from '../plan/index.ts'
import type { Arithmetic } from './arithmetic.ts'

/** C of what layers share. Each text is one function; a program holds those that it calls. */

export const weightCTypes: { readonly [type in WeightType]: string } = {
  float32: 'float',
  float16: 'uint16_t',
  int16: 'int16_t',
  int8: 'int8_t',
}

/**
 * What a layer of weights adds up: spikes; numbers that are no spikes; the same with fewer fraction bits, of whole numbers;
 * or events, each of which counts a unit of those.
 */
export type Counted = 'spikes' | 'values' | 'reduced' | 'units'

/** Arguments behind the list and its length, and the number of a place. */
const countedBy: { readonly [counted in Counted]: { readonly args: string; readonly value: string | null } } = {
  spikes: { args: '', value: null },
  values: { args: ', const number *restrict values', value: 'values[at]' },
  reduced: {
    args: ', const number *restrict values, number most, int32_t dropped',
    value: 'reduced(values[at], most, dropped)',
  },
  units: { args: ', number unit', value: 'unit' },
}

const loaded = (type: WeightType, { type: number }: Arithmetic) => {
  return (w: string) => (type === 'float16' ? `half(${w})` : type === 'float32' ? w : `(${number})${w}`)
}

/** out[0..n) += w, four at once, which compilers make vectors of. */
function addedText(type: WeightType, by: string, counted: Counted, arithmetic: Arithmetic): string {
  const load = loaded(type, arithmetic)
  const term = (k: string) => (counted === 'spikes' ? load(`w[${k}]`) : `value * ${load(`w[${k}]`)}`)
  return [
    `${by}uint32_t k = 0;`,
    `${by}for (; k + 4 <= n; k += 4) {`,
    ...[0, 1, 2, 3].map((i) => `${by}  o[k + ${i}u] += ${term(`k + ${i}u`)};`),
    `${by}}`,
    `${by}for (; k < n; k++) o[k] += ${term('k')};`,
  ].join('\n')
}

export const halfText = `/* A float16 as float. */
static float half(uint16_t bits) {
  const uint32_t exponent = (bits >> 10) & 31u, fraction = bits & 1023u;
  union { uint32_t bits; float value; } made;
  if (exponent == 0) {
    const float small = (float)fraction * 5.9604644775390625e-8f;
    return (bits & 0x8000u) ? -small : small;
  }
  made.bits = ((uint32_t)(bits & 0x8000u) << 16) | ((exponent + 112u) << 23) | (fraction << 13);
  return made.value;
}`

export const shapeText = `/* A convolution: sides of input and output, its windows, and the channels of a group. */
typedef struct {
  int32_t width, channels, rows, columns, out;
  int32_t kernel_rows, kernel_columns, stride_y, stride_x, padding_y, padding_x, dilation_y, dilation_x;
  int32_t group_in, group_out;
} convolution;`

const suffix = (counted: Counted) => (counted === 'spikes' ? '' : `_${counted}`)

export const convolutionName = (type: WeightType, counted: Counted): string => `add_windows_${type}${suffix(counted)}`

/** Adds the weights of each spike, or of each number that is not 0, to all outputs whose windows hold it. */
export function convolutionText(type: WeightType, counted: Counted, arithmetic: Arithmetic): string {
  const { args, value } = countedBy[counted]
  return `static void ${convolutionName(type, counted)}(const convolution *s, const ${weightCTypes[type]} *restrict weight,
    const index_t *restrict list, uint32_t count${args}, number *restrict out) {
  for (uint32_t i = 0; i < count; i++) {
    const int32_t at = (int32_t)list[i], c = at % s->channels, pixel = at / s->channels;
    const int32_t y = pixel / s->width + s->padding_y, x = pixel % s->width + s->padding_x;
    const int32_t group = c / s->group_in;
    const uint32_t n = (uint32_t)s->group_out;${value ? `\n    const number value = ${value};` : ''}
    /* Without dilation the taps that hit an output are a stride apart. */
    for (int32_t ky = s->dilation_y == 1 ? y % s->stride_y : 0; ky < s->kernel_rows; ky += s->dilation_y == 1 ? s->stride_y : 1) {
      const int32_t from_y = y - ky * s->dilation_y, oy = from_y / s->stride_y;
      if (from_y < 0) break;
      if (oy >= s->rows || (s->dilation_y != 1 && oy * s->stride_y != from_y)) continue;
      for (int32_t kx = s->dilation_x == 1 ? x % s->stride_x : 0; kx < s->kernel_columns; kx += s->dilation_x == 1 ? s->stride_x : 1) {
        const int32_t from_x = x - kx * s->dilation_x, ox = from_x / s->stride_x;
        if (from_x < 0) break;
        if (ox >= s->columns || (s->dilation_x != 1 && ox * s->stride_x != from_x)) continue;
        const ${weightCTypes[type]} *restrict w = weight
            + ((ky * s->kernel_columns + kx) * s->group_in + c - group * s->group_in) * s->out + group * s->group_out;
        number *restrict o = out + (oy * s->columns + ox) * s->out + group * s->group_out;
${addedText(type, '        ', counted, arithmetic)}
      }
    }
  }
}`
}

export const linearName = (type: WeightType, counted: Counted): string => `add_rows_${type}${suffix(counted)}`

/** Adds the row of weights of each spike, or of each number that is not 0. */
export function linearText(type: WeightType, counted: Counted, arithmetic: Arithmetic): string {
  const { args, value } = countedBy[counted]
  return `static void ${linearName(type, counted)}(uint32_t n, const ${weightCTypes[type]} *restrict weight,
    const index_t *restrict list, uint32_t count${args}, number *restrict out) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t at = list[i];
    const ${weightCTypes[type]} *restrict w = weight + at * n;
    number *restrict o = out;${value ? `\n    const number value = ${value};` : ''}
${addedText(type, '    ', counted, arithmetic)}
  }
}`
}

/** Functions that take no weights, by name. */
export const plainTexts = ({ type, zero, one, times, sum }: Arithmetic): { readonly [name: string]: string } => ({
  fill: `static void fill(number *restrict out, uint32_t size, const number *restrict row, uint32_t channels) {
  for (uint32_t i = 0; i < size; i += channels) for (uint32_t c = 0; c < channels; c++) out[i + c] = row[c];
}`,
  clear: `static void clear(number *restrict out, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) out[i] = ${zero};
}`,
  copy: `static void copy(number *restrict out, const number *restrict x, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) out[i] = x[i];
}`,
  set_spikes: `static void set_spikes(number *restrict out, const index_t *restrict list, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) out[list[i]] = ${one};
}`,
  add_spikes: `static void add_spikes(number *restrict out, const index_t *restrict list, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) out[list[i]] += ${one};
}`,
  add_values: `static void add_values(number *restrict out, const number *restrict x, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) out[i] = ${sum('out[i]', 'x[i]')};
}`,
  nonzeros: `static uint32_t nonzeros(const number *restrict x, uint32_t size, index_t *restrict list) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < size; i++) if (x[i] != ${zero}) list[count++] = (index_t)i;
  return count;
}`,
  scale_shift: `static void scale_shift(const number *restrict x, uint32_t size, const number *restrict scale,
    const number *restrict shift, uint32_t channels, number *restrict out) {
  for (uint32_t i = 0; i < size; i += channels)
    for (uint32_t c = 0; c < channels; c++) out[i + c] = ${sum(times('x[i + c]', 'scale[c]'), 'shift[c]')};
}`,
  multiply_values: `static void multiply_values(const number *restrict a, const number *restrict b, uint32_t size, uint32_t of_b,
    number *restrict out) {
  for (uint32_t i = 0, j = 0; i < size; i++, j = j + 1 == of_b ? 0 : j + 1) out[i] = ${times('a[i]', 'b[j]')};
}`,
  both_spikes: `static uint32_t both_spikes(const index_t *restrict a, uint32_t count_a, const index_t *restrict b, uint32_t count_b,
    uint32_t of_b, uint8_t *restrict marks, index_t *restrict list) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < count_b; i++) marks[b[i]] = 1;
  for (uint32_t i = 0; i < count_a; i++) if (marks[a[i] % of_b]) list[count++] = a[i];
  for (uint32_t i = 0; i < count_b; i++) marks[b[i]] = 0;
  return count;
}`,
  scale_sums: `/* Sums of whole weights as numbers. */
static void scale_sums(const number *restrict x, uint32_t size, const number *restrict multiplier, int32_t bits,
    const number *restrict shift, uint32_t channels, number *restrict out) {
  for (uint32_t i = 0; i < size; i += channels)
    for (uint32_t c = 0; c < channels; c++) out[i + c] = sum(shifted(x[i + c], multiplier[c], bits), shift[c]);
}`,
  pool: `/* Pools of numbers: first rows and columns of each window, and those behind its last. Of area 0, what a window covers. */
static void pool(const number *restrict x, uint32_t width, uint32_t channels, const uint16_t *rows, uint32_t row_count,
    const uint16_t *columns, uint32_t column_count, uint32_t area, uint32_t largest, number *restrict out) {
  for (uint32_t oy = 0; oy < row_count; oy++) for (uint32_t ox = 0; ox < column_count; ox++) {
    const uint32_t top = rows[2 * oy], end_y = rows[2 * oy + 1], left = columns[2 * ox], end_x = columns[2 * ox + 1];
    const uint32_t covered = area ? area : (end_y - top) * (end_x - left);
    const number share = ${type === 'float' ? '1.0f / (float)covered' : '(number)((ONE + covered / 2u) / covered)'};
    for (uint32_t c = 0; c < channels; c++) {
      number total = ${zero}, most = x[(top * width + left) * channels + c];
      for (uint32_t y = top; y < end_y; y++) for (uint32_t k = left; k < end_x; k++) {
        const number value = x[(y * width + k) * channels + c];
        total = ${type === 'float' ? 'total + value' : sum('total', times('value', 'share'))};
        if (value > most) most = value;
      }
      *out++ = largest ? most : ${type === 'float' ? 'total * share' : 'total'};
    }
  }
}`,
  windows: `/* Windows of a pool: sides of input and output. */
typedef struct {
  int32_t width, channels, rows, columns, kernel_y, kernel_x, stride_y, stride_x, padding_y, padding_x;
} windows;
/* The first output whose window holds a place, and the one behind the last. */
static void window_range(int32_t at, int32_t kernel, int32_t stride, int32_t outputs, int32_t *from, int32_t *to) {
  const int32_t first = at - kernel + 1, last = at / stride + 1;
  *from = first <= 0 ? 0 : (first + stride - 1) / stride;
  *to = last < outputs ? last : outputs;
}`,
  average_spikes: `static void average_spikes(const windows *s, const index_t *restrict list, uint32_t count, number share, number *restrict out) {
  for (uint32_t i = 0; i < count; i++) {
    const int32_t at = (int32_t)list[i], c = at % s->channels, pixel = at / s->channels;
    int32_t top, bottom, left, right;
    window_range(pixel / s->width + s->padding_y, s->kernel_y, s->stride_y, s->rows, &top, &bottom);
    window_range(pixel % s->width + s->padding_x, s->kernel_x, s->stride_x, s->columns, &left, &right);
    for (int32_t y = top; y < bottom; y++) for (int32_t x = left; x < right; x++)
      out[(y * s->columns + x) * s->channels + c] += share;
  }
}`,
  largest_spikes: `static uint32_t largest_spikes(const windows *s, const index_t *restrict list, uint32_t count,
    uint8_t *restrict marks, index_t *restrict out) {
  uint32_t made = 0;
  for (uint32_t i = 0; i < count; i++) {
    const int32_t at = (int32_t)list[i], c = at % s->channels, pixel = at / s->channels;
    int32_t top, bottom, left, right;
    window_range(pixel / s->width + s->padding_y, s->kernel_y, s->stride_y, s->rows, &top, &bottom);
    window_range(pixel % s->width + s->padding_x, s->kernel_x, s->stride_x, s->columns, &left, &right);
    for (int32_t y = top; y < bottom; y++) for (int32_t x = left; x < right; x++) {
      const int32_t place = (y * s->columns + x) * s->channels + c;
      if (marks[place]) continue;
      marks[place] = 1;
      out[made++] = (index_t)place;
    }
  }
  for (uint32_t i = 0; i < made; i++) marks[out[i]] = 0;
  return made;
}`,
})

/** Texts in an order in which each stands behind what it uses. */
export const plainNeeds: { readonly [name: string]: readonly string[] } = {
  average_spikes: ['windows'],
  largest_spikes: ['windows'],
}
