import type { OperationName } from './operations.ts'

/** One half of a policy: an operation, its probability in tenths, its level. */
export type Half = readonly [operation: OperationName, tenths: number, level: number]

/** Short names, so that a policy is a line. */
const short: { readonly [letter: string]: OperationName } = {
  sx: 'ShearX',
  sy: 'ShearY',
  tx: 'TranslateX',
  ty: 'TranslateY',
  ro: 'Rotate',
  br: 'Brightness',
  co: 'Color',
  ct: 'Contrast',
  sh: 'Sharpness',
  po: 'Posterize',
  so: 'Solarize',
  ac: 'AutoContrast',
  eq: 'Equalize',
  in: 'Invert',
}

/** `po 4 8, ro 6 9`: posterize with probability .4 at level 8, then rotate with probability .6 at level 9. */
function policies(lines: string): (readonly [Half, Half])[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const [first, second] = line.split(',').map((half): Half => {
        const [name, tenths, level = '0'] = half.trim().split(' ')
        return [short[name], Number(tenths), Number(level)]
      })
      return [first, second] as const
    })
}

/** The 25 policies found on each data set. @see Cubuk et al. 2019, AutoAugment, tables 7 and 9 */
export const autoAugmentPolicies = {
  imagenet: policies(`
    po 4 8, ro 6 9
    so 6 5, ac 6
    eq 8, eq 6
    po 6 7, po 6 6
    eq 4, so 2 4
    eq 4, ro 8 8
    so 6 3, eq 6
    po 8 5, eq 10
    ro 2 3, so 6 8
    eq 6, po 4 6
    ro 8 8, co 4 0
    ro 4 9, eq 6
    eq 0, eq 8
    in 6, eq 10
    co 6 4, ct 10 8
    ro 8 8, co 10 2
    co 8 8, so 8 7
    sh 4 7, in 6
    sx 6 5, eq 10
    co 4 0, eq 6
    eq 4, so 2 4
    so 6 5, ac 6
    in 6, eq 10
    co 6 4, ct 10 8
    eq 8, eq 6`),
  cifar: policies(`
    in 1, ct 2 6
    ro 7 2, tx 3 9
    sh 8 1, sh 9 3
    sy 5 8, ty 7 9
    ac 5, eq 9
    sy 2 7, po 3 7
    co 4 3, br 6 7
    sh 3 9, br 7 9
    eq 6, eq 5
    ct 6 7, sh 6 5
    co 7 7, tx 5 8
    eq 3, ac 4
    ty 4 3, sh 2 6
    br 9 6, co 2 8
    so 5 2, in 0
    eq 2, ac 6
    eq 2, eq 6
    co 9 9, eq 6
    ac 8, so 2 8
    br 1 3, co 7 0
    so 4 5, ac 9
    ty 9 9, ty 7 9
    ac 9, so 8 3
    eq 8, in 1
    ty 7 9, ac 9`),
}
