import { noiseNumbers } from '../../equations/index.ts'
import { literal } from './kernel.ts'

/**
 * `noise()` in WGSL: the operations of `equations/noise.ts`. The hash is the same to the bit; the number made of it is as near
 * as a device rounds square roots and products with sums.
 */
export function noiseFunctions(wide: boolean): string {
  const { step, first, second, again, logarithm, half, lowTwo, highTwo, angle, sine, cosine } = noiseNumbers
  const [I, S, B] = wide ? ['vec4u', 'vec4i', 'vec4<bool>'] : ['u32', 'i32', 'bool']
  const neurons = wide ? 'vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u)' : 'i'
  const v = (value: number) => `V(${literal(value)})`
  const horner = (x: string, [start, ...rest]: readonly number[]) =>
    rest.reduce((sum, c) => `(${sum} * ${x} + ${v(c)})`, v(start))
  const mix = (type: string, name: string) => `fn ${name}(h: ${type}) -> ${type} {
  let a = (h ^ (h >> ${type}(16u))) * ${type}(${first}u);
  let b = (a ^ (a >> ${type}(13u))) * ${type}(${second}u);
  return b ^ (b >> ${type}(16u));
}`
  return `${mix(I, 'mixed')}
${wide ? mix('u32', 'mixedOne') : 'fn mixedOne(h: u32) -> u32 { return mixed(h); }'}
fn hashOf(index: u32, key: u32) -> u32 { return mixedOne(index * 2654435761u + key * 2246822519u); }
fn noiseOf(number: u32, i: u32) -> V {
  let draw = hashOf(number, p.noiseKey);
  let a = mixed((${neurons}) * ${I}(${step}u) + ${I}(hashOf(draw, p.noiseKey ^ ${0x27d4eb2f}u)));
  let b = mixed(a ^ ${I}(hashOf(draw, p.noiseKey ^ ${0x165667b1}u)));
  let c = mixed(b + ${I}(${again}u));
  let n = V((b >> ${I}(8u)) + ${I}(1u));
  let bits = bitcast<${I}>(n);
  let mantissa = bitcast<V>((bits & ${I}(0x7fffffu)) | ${I}(0x3f000000u));
  let small: ${B} = mantissa < ${v(half)};
  let e = V(${S}(bits >> ${I}(23u)) - ${S}(150)) - select(V(0.0), V(1.0), small);
  let m = select(mantissa, mantissa + mantissa, small) - V(1.0);
  let z = m * m;
  let l = (m + ((${horner('m', logarithm)} * m * z + e * ${v(lowTwo)}) - z * V(0.5))) + e * ${v(highTwo)};
  let radius = sqrt(max(V(-2.0) * l, V(0.0)));
  let r = V(${S}(c >> ${I}(8u)) - ${S}(8388608)) * ${v(angle)};
  let y = r * r;
  let sines = ${horner('y', sine)} * y * r + r;
  let cosines = (${horner('y', cosine)} * y * y - y * V(0.5)) + V(1.0);
  let along = select(cosines, sines, (c & ${I}(1u)) == ${I}(1u));
  return radius * select(along, -along, (c & ${I}(2u)) == ${I}(2u));
}`
}
