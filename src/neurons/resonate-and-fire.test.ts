import { it } from 'vitest'
import { resonateAndFire } from './resonate-and-fire.ts'
import { expectPaper } from './testing/agrees.ts'

it('is a complex number that turns and shrinks, set to i where its imaginary part fires', () => {
  expectPaper(
    resonateAndFire,
    (x, p, fire) => {
      let [u, v] = [0, 0]
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        const [real, imaginary] = [
          Math.exp(-p.damping[0]) * Math.cos(p.omega[0]),
          Math.exp(-p.damping[0]) * Math.sin(p.omega[0]),
        ]
        const [re, im] = [u * real - v * imaginary + current, u * imaginary + v * real]
        const s = fire(im - 1)
        u = re * (1 - s)
        v = im * (1 - s) + s
        out.s.push(s)
        out.u.push(u)
      }
      return out
    },
    { scale: 3, offset: 0.3, T: 12 },
  )
})
