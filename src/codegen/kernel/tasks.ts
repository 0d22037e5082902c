import { i16x8, i32, i32x4, type Local, type Value, v128 } from './value.ts'
import type { Writer } from './writer.ts'

/** A 32-bit constant: addresses and counts are full of them. */
export const n = i32.const

/** Byte offset of the i-th 32-bit value. */
export const times4 = (i: Value): Value => i32.shl(i, n(2))

/** Names the argument words of a kernel in order and reads them into locals before any loop. */
export function readArguments<Name extends string>(
  w: Writer,
  args: Local,
  names: readonly Name[],
): { readonly [N in Name]: Local } {
  const read = names.map((name, i) => [name, w.i32(i32.load(args, 4 * i))] as const)
  return Object.fromEntries(read) as { readonly [N in Name]: Local }
}

/** What a kernel is told, by name; the number of its tasks comes from whoever runs it. */
export type Words<Names extends readonly string[]> = { readonly [N in Exclude<Names[number], 'tasks'>]: number }

/** Argument words in the order that the kernel reads them in. A word that is missing, or that it does not know, is a type error. */
export function wordsOf<const Names extends readonly string[]>(names: Names, words: Words<Names>): number[] {
  return names.slice(1).map((name) => words[name as keyof Words<Names>])
}

/** Index of an element in row-major order: of the first axis, then of each further one with its size. */
export function rowMajor(first: Value, ...rest: readonly (readonly [size: Value, index: Value])[]): Value {
  return rest.reduce((at, [size, index]) => i32.add(i32.mul(at, size), index), first)
}

/** A record of 32-bit words in memory, by name. */
export function recordOf<const Names extends readonly string[]>(names: Names) {
  const offset = (name: Names[number]) => 4 * names.indexOf(name)
  return {
    bytes: 4 * names.length,
    load: (at: Value, name: Names[number]): Value => i32.load(at, offset(name)),
    store: (at: Value, name: Names[number], value: Value): Value => i32.store(at, value, offset(name)),
  }
}

/** Runs `body` for each task that this thread takes. */
export function overTasks(w: Writer, counter: number, tasks: Value, body: (task: Local) => void): void {
  const task = w.i32(i32.atomicAdd(i32.const(counter), i32.const(1)))
  w.while(i32.ltU(task, tasks), () => {
    body(task)
    w.set(task, i32.atomicAdd(i32.const(counter), i32.const(1)))
  })
}

/** Four neighbouring bytes, as four 32-bit lanes. */
export function fourBytes(address: Value, offset = 0): Value {
  return i32x4.extendLowU16(i16x8.extendLowU8(v128.load32Zero(address, offset)))
}
