/** What training needs of the place where it runs. */
export interface Host {
  /** Seconds, from any start; only differences count. */
  clock(): number
  /** Lets the event loop do what waits there: key presses, progress bars, loader threads. */
  pause(): Promise<void>
}

/** Anything that says it is time to stop, such as an AbortSignal. */
export interface StopSignal {
  readonly aborted: boolean
}
