/** A share in 0..1 in percent, such as `87.35`; empty where there is none, or it is no number. */
export function percentNumber(share: number | undefined, digits = 2): string {
  return share === undefined || !Number.isFinite(share) ? '' : (100 * share).toFixed(digits)
}

/** `87.35 %` of a share in 0..1; a dash for none. */
export function percentText(share: number | undefined, digits = 2): string {
  return withSign(percentNumber(share, digits))
}

/** As `percentText`, in so many figures that count, such as `0.0012 %`: for shares that may be tiny. */
export function figuresText(share: number, figures: number): string {
  return withSign(Number.isFinite(share) ? String(Number((100 * share).toPrecision(figures))) : '')
}

/** `87.4 %` of a number that is in percent already; a dash for none. */
export function inPercentText(value: number | undefined, digits = 1): string {
  return withSign(value === undefined || !Number.isFinite(value) ? '' : value.toFixed(digits))
}

function withSign(number: string): string {
  return number === '' ? '-' : `${number} %`
}
