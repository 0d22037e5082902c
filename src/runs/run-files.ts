/** The files of a run's folder, by what they hold. */
export const runFiles = {
  /** All that decides the run's numbers, its network and its backend: written when training begins. */
  config: 'config.json',
  /** The command that began it, or what a program's options come to as one: enough to go on. */
  command: 'command.json',
  /** One line every few updates. */
  steps: 'steps.jsonl',
  /** One line an epoch. */
  epochs: 'epochs.jsonl',
  /** The same as a table. */
  metrics: 'metrics.csv',
  /** The folder of checkpoints. */
  checkpoints: 'checkpoints',
  /** From which the run goes on. */
  last: 'checkpoints/last.safetensors',
  /** Of the epoch that judged best. */
  best: 'checkpoints/best.safetensors',
  /** The verdict of a finished run. */
  summary: 'summary.json',
  /** The verdict for people, in one page. */
  report: 'report.html',
  /** Which kernels its layers took. */
  kernels: 'kernels.json',
  /** What the trained network does with LIF at inference; of runs for Table 8. */
  asLif: 'as-lif.json',
} as const

/** Beside these lie curves for TensorBoard, a file a session. */
export const eventsPrefix = 'events.out.tfevents.'

/** The files of a sweep's folder beside its runs. */
export const sweepFiles = {
  /** What was asked for: enough to go on. */
  asked: 'sweep.json',
  /** What came out, once all runs are done. */
  table: 'sweep.csv',
} as const
