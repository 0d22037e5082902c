/** `1 sample`, `2 samples`. @param noun one that takes an s */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
