/** All that a command may know of the machine it runs on: tests hand down their own. */
export interface Surroundings {
  /** Standard output: results. Ends no line by itself. */
  write(text: string): void
  /** Standard error: progress, warnings and errors. */
  writeError(text: string): void
  readonly env: { readonly [name: string]: string | undefined }
  /** Whether people watch standard error, and how many characters wide it is. */
  readonly terminal: { readonly interactive: boolean; columns(): number }
  /** Seconds since 1970. */
  clock(): number
  /**
   * Calls back at Ctrl-C, and where a terminal hangs up; returns how to stop listening. `computing`: this process itself
   * is busy in kernels, and may not hear of a second Ctrl-C.
   */
  onInterrupt(listener: () => void, options?: { readonly computing?: boolean }): () => void
  /** Calls back when the process ends, with its exit code; nothing can be waited for then. */
  onExit(listener: (code: number) => void): void
  /** Ends the process at once. */
  exit(code: ExitCode): void
  readonly version: string
}

/** How a command ended, as a shell sees it. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
