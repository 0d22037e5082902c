import { nearestName, UsageError } from '../base/index.ts'
import type { Experiment } from './experiment.ts'
import { fig2a } from './paper/fig2a.ts'
import { fig2b } from './paper/fig2b.ts'
import { fig3a } from './paper/fig3a.ts'
import { fig3b } from './paper/fig3b.ts'
import { fig4 } from './paper/fig4.ts'
import { fig6 } from './paper/fig6.ts'
import { fig7 } from './paper/fig7.ts'
import { fig8 } from './paper/fig8.ts'
import { fig10 } from './paper/fig10.ts'
import { fig11 } from './paper/fig11.ts'
import { table1 } from './paper/table1.ts'
import { table2 } from './paper/table2.ts'
import { table6 } from './paper/table6.ts'
import { table7 } from './paper/table7.ts'
import { table8 } from './paper/table8.ts'

/** The paper's figures and tables, in its order. */
export const experiments: readonly Experiment[] = [
  fig2a,
  fig2b,
  fig3a,
  fig3b,
  fig4,
  fig6,
  fig7,
  fig8,
  fig10,
  fig11,
  table1,
  table2,
  table6,
  table7,
  table8,
]

/** An experiment by one of its names. @throws UsageError for an unknown one */
export function experimentNamed(name: string): Experiment {
  const found = experiments.find((one) => one.name === name || one.aliases?.includes(name))
  if (found) return found
  const known = experiments.flatMap((one) => [one.name, ...(one.aliases ?? [])])
  const near = nearestName(name, known)
  throw new UsageError({
    what: `unknown experiment '${name}'`,
    expected: known.join(', '),
    got: `'${name}'`,
    ...(near === undefined ? {} : { next: `did you mean '${near}'?` }),
  })
}
