import type { Command } from '../command.ts'
import { compareCommand } from './compare.ts'
import { dataCommand } from './data/index.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { energyCommand } from './energy.ts'
import { evaluateCommand } from './evaluate.ts'
import { exportCommand } from './export.ts'
import { gradientCommand } from './gradient.ts'
import { importCommand } from './import.ts'
import { neuronCommand } from './neuron.ts'
import { predictCommand } from './predict.ts'
import { reportCommand } from './report.ts'
import { reproduceCommand } from './reproduce/index.ts'
import { runsCommand } from './runs.ts'
import { studioCommand } from './studio.ts'
import { sweepCommand } from './sweep.ts'
import { trainCommand } from './train.ts'
import { zooCommand } from './zoo.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  demoCommand,
  trainCommand,
  compareCommand,
  sweepCommand,
  runsCommand,
  reportCommand,
  studioCommand,
  evaluateCommand,
  predictCommand,
  importCommand,
  exportCommand,
  zooCommand,
  neuronCommand,
  doctorCommand,
  gradientCommand,
  energyCommand,
  dataCommand,
  reproduceCommand,
]
