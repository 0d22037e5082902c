/**
 * A value is dropped where its hash, a whole number below 2^32, is less than p 2^32: the smallest whole number for which that
 * does not hold, as 32 bits can say it.
 */
export const dropoutLimit = (p: number): number => Math.min(Math.ceil(p * 2 ** 32), 2 ** 32 - 1)
