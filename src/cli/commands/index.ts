import type { Command } from '../command.ts'
import { neuronCommand } from './neuron.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [neuronCommand]
