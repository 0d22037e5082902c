/** Loads a module that `spikelet export --to wasm` wrote. It needs nothing else of Spikelet. */

export interface ExportedNetwork {
  /** Numbers of a frame, and of outputs. */
  readonly inputs: number
  readonly outputs: number
  /** One time step with a frame. @throws RangeError for another length */
  step(frame: ArrayLike<number>): void
  /**
   * One time step with events: their places in the frame, each of which counts 1. At most as many as the
   * frame has numbers. @throws RangeError outside of the frame
   */
  stepEvents(places: ArrayLike<number>): void
  /** Mean outputs since the last reset. */
  logits(): Float32Array
  /** Outputs of the latest step. */
  latest(): Float32Array
  /** Forgets all steps. */
  reset(): void
  /** A copy of all that is carried from step to step. */
  save(): Uint8Array
  /** Goes on from such a copy. */
  restore(state: Uint8Array): void
}

interface Exports {
  readonly memory: WebAssembly.Memory
  readonly [name: string]: unknown
}

/** @param source the module's bytes, or a response of `fetch` */
export async function loadExported(source: BufferSource | Response | Promise<Response>): Promise<ExportedNetwork> {
  const given = await source
  const bytes = given instanceof Response ? await given.arrayBuffer() : given
  const { instance } = await WebAssembly.instantiate(bytes)
  const { memory, ...all } = instance.exports as unknown as Exports
  const call = all as { readonly [name: string]: (count?: number) => number }
  call.init()
  const [inputs, outputs] = [call.inputs(), call.classes()]
  const floats = (at: number, size: number) => new Float32Array(memory.buffer, at, size)
  const state = () => new Uint8Array(memory.buffer, call.state(), call.stateBytes())
  const check = (fits: boolean) => {
    if (!fits) throw new RangeError(`frames have ${inputs} numbers, and events lie in 0..${inputs - 1}`)
  }
  return {
    inputs,
    outputs,
    step(frame) {
      check(frame.length === inputs)
      floats(call.frame(), inputs).set(frame)
      call.step()
      floats(call.frame(), inputs).fill(0)
    },
    stepEvents(places) {
      const list = Uint32Array.from(places)
      check(list.length <= inputs && list.every((place) => place < inputs))
      new Uint32Array(memory.buffer, call.events(), list.length).set(list)
      call.stepEvents(list.length)
    },
    logits: () => floats(call.logits(), outputs).slice(),
    latest: () => floats(call.outputs(), outputs).slice(),
    reset: () => void call.reset(),
    save: () => state().slice(),
    restore: (saved) => state().set(saved),
  }
}
