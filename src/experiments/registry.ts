import { suggestion, UsageError } from '../base/index.ts'
import { fig2a } from './clif-2024/fig2a.ts'
import { fig2b } from './clif-2024/fig2b.ts'
import { fig3a } from './clif-2024/fig3a.ts'
import { fig3b } from './clif-2024/fig3b.ts'
import { fig4 } from './clif-2024/fig4.ts'
import { fig6 } from './clif-2024/fig6.ts'
import { fig7 } from './clif-2024/fig7.ts'
import { fig8 } from './clif-2024/fig8.ts'
import { fig10 } from './clif-2024/fig10.ts'
import { fig11 } from './clif-2024/fig11.ts'
import { table1 } from './clif-2024/table1.ts'
import { table2 } from './clif-2024/table2.ts'
import { table6 } from './clif-2024/table6.ts'
import { table7 } from './clif-2024/table7.ts'
import { table8 } from './clif-2024/table8.ts'
import type { Experiment } from './experiment.ts'

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
  throw new UsageError({
    what: `unknown experiment '${name}'`,
    expected: known.join(', '),
    got: `'${name}'`,
    next: suggestion(name, known),
  })
}
