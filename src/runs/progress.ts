/** How far something is, and how it goes. */
export interface ProgressState {
  /** What is under way: `clif epoch 2/5`. */
  readonly label: string
  readonly done: number
  readonly total: number
  /** How much of all that will come is done, in 0..1. */
  readonly whole?: number
  readonly loss?: number
  /** In 0..1. */
  readonly accuracy?: number
  readonly imagesPerSecond?: number
  readonly secondsLeft?: number
}

/** Shows one thing at a time: a bar redrawn in place for people, a line now and then for files. */
export interface Progress {
  update(state: ProgressState): void
  /** A line that stays. */
  line(text: string): void
  /** Takes the bar away. */
  clear(): void
}
