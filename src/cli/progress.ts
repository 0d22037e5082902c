import { createColors } from 'picocolors'
import { percentText } from '../base/index.ts'
import type { Progress, ProgressState } from '../runs/index.ts'
import type { Surroundings } from './surroundings.ts'

const secondsBetween = { redraws: 0.1, lines: 5 } as const

const clearLine = '\r\u001b[2K'

/** Progress on standard error; colours unless NO_COLOR is set. */
export function createProgress(surroundings: Surroundings): Progress {
  return surroundings.terminal.interactive ? liveProgress(surroundings) : plainProgress(surroundings)
}

function liveProgress({ writeError, clock, env, terminal }: Surroundings): Progress {
  const colour = !env.NO_COLOR
  let shownAt = Number.NEGATIVE_INFINITY
  let shown = ''
  return {
    update(state) {
      if (clock() - shownAt < secondsBetween.redraws && state.done < state.total) return
      shownAt = clock()
      shown = barText(state, terminal.columns() - 1, colour)
      writeError(`${clearLine}${shown}`)
    },
    line(text) {
      writeError(`${clearLine}${text}\n${shown}`)
    },
    clear() {
      if (shown !== '') writeError(clearLine)
      shown = ''
      shownAt = Number.NEGATIVE_INFINITY
    },
  }
}

function plainProgress({ writeError, clock }: Surroundings): Progress {
  let shownAt = clock()
  return {
    update(state) {
      if (clock() - shownAt < secondsBetween.lines) return
      shownAt = clock()
      writeError(`${plainText(state)}\n`)
    },
    line: (text) => writeError(`${text}\n`),
    clear() {},
  }
}

/** `clif epoch 2/5  40 %  loss 0.512 ...` */
function plainText(state: ProgressState): string {
  return [state.label, `${Math.floor(100 * share(state))} %`, ...fields(state)].join('  ')
}

/** A bar and its numbers in at most `columns` characters; the bar shrinks first, then numbers go. */
export function barText(state: ProgressState, columns: number, colour: boolean): string {
  const { green, dim } = createColors(colour)
  const numbers = fields(state)
  const room = () => columns - state.label.length - numbers.reduce((sum, text) => sum + text.length + 2, 0) - 2
  while (room() < 8 && numbers.length > 0) numbers.pop()
  const width = Math.min(30, room())
  if (width < 4) return state.label.slice(0, Math.max(0, columns))
  const full = Math.round(width * share(state))
  const bar = `${green('━'.repeat(full))}${dim('─'.repeat(width - full))}`
  return [state.label, bar, ...numbers].join('  ')
}

function share({ done, total }: ProgressState): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 0
}

function fields({ loss, accuracy, imagesPerSecond, secondsLeft }: ProgressState): string[] {
  return [
    ...(loss === undefined ? [] : [`loss ${loss.toFixed(3)}`]),
    ...(accuracy === undefined ? [] : [percentText(accuracy, 1)]),
    ...(imagesPerSecond === undefined ? [] : [`${rateText(imagesPerSecond)} images/s`]),
    ...(secondsLeft === undefined || !Number.isFinite(secondsLeft) ? [] : [`${durationText(secondsLeft)} left`]),
  ]
}

/** Three digits are enough to compare speeds. */
export function rateText(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toPrecision(3)
}

/** `42 s`, `3 min 05 s`, `2 h 07 min` */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  const two = (value: number) => String(value).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
}
