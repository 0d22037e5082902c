import { UsageError } from '../../base/index.ts'
import {
  autoAugmentPolicies,
  autoAugmentStrengths,
  bytesOf,
  type Interpolation,
  operations,
  putBytes,
} from './policies/index.ts'
import type { Transform } from './transform.ts'

export type AutoAugmentPolicy = keyof typeof autoAugmentPolicies

/**
 * AutoAugment: one of 25 published pairs of operations, each with its own probability and strength. For images of bytes,
 * before `normalise`.
 * @param options.policy those found on ImageNet, or on CIFAR-10
 * @param options.interpolation default: nearest, as published implementations have it
 * @throws UsageError for an unknown policy
 * @see Cubuk et al. 2019, arXiv:1805.09501
 */
export function autoAugment(options: { policy: AutoAugmentPolicy; interpolation?: Interpolation }): Transform {
  const { policy, interpolation = 'nearest' } = options
  if (!Object.hasOwn(autoAugmentPolicies, policy)) {
    const expected = Object.keys(autoAugmentPolicies).join(', ')
    throw new UsageError({ what: 'AutoAugment: unknown policy', expected, got: String(policy) })
  }
  const policies = autoAugmentPolicies[policy]
  return {
    name: 'auto-augment',
    options: { policy, interpolation },
    apply(image, random) {
      const pair = policies[random.below(policies.length)]
      const draws = pair.map(() => ({ chance: random.uniform(), sign: random.below(2) === 0 ? -1 : 1 }))
      const bytes = bytesOf(image)
      for (const [k, [name, tenths, level]] of pair.entries()) {
        if (draws[k].chance >= tenths / 10) continue
        const { at, signed } = autoAugmentStrengths[name]
        operations[name](bytes, at(level, bytes) * (signed ? draws[k].sign : 1), interpolation)
      }
      putBytes(bytes, image)
    },
  }
}
