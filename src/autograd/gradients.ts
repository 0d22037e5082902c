import type { Backend, Handle } from '../backends/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * Gradients on their way back: one handle a tensor, sums where paths meet. One handle may stand for several tensors
 * (an addition hands its gradient to both sides), so holders are counted and only a sole holder is added to in place.
 */
export class Gradients {
  private readonly backend: Backend
  private readonly byTensor = new Map<Tensor, Handle>()
  private readonly holders = new Map<Handle, number>()
  /** Handles that share memory with another one still held. */
  private readonly aliases = new Set<Handle>()

  constructor(backend: Backend) {
    this.backend = backend
  }

  /** The gradient of a tensor, or undefined where none came. */
  get(tensor: Tensor): Handle | undefined {
    return this.byTensor.get(tensor)
  }

  /** Adds to a tensor's gradient; the handle now belongs to this map. */
  add(tensor: Tensor, handle: Handle): void {
    this.holders.set(handle, (this.holders.get(handle) ?? 0) + 1)
    const before = this.byTensor.get(tensor)
    this.byTensor.set(tensor, before === undefined ? handle : this.sum(before, handle))
  }

  /** Takes a tensor's gradient out of the map; the caller drops it. */
  take(tensor: Tensor): Handle | null {
    const handle = this.byTensor.get(tensor) ?? null
    this.byTensor.delete(tensor)
    return handle
  }

  /** One holder less; the last one releases. */
  drop(handle: Handle): void {
    const left = (this.holders.get(handle) ?? 1) - 1
    if (left > 0) {
      this.holders.set(handle, left)
      return
    }
    this.holders.delete(handle)
    this.aliases.delete(handle)
    this.backend.release(handle)
  }

  /** Notes that `view` and `source` are the same memory while both live. */
  alias(view: Handle, source: Handle): void {
    if ((this.holders.get(source) ?? 0) > 1 || this.aliases.has(source)) {
      this.aliases.add(view)
      this.aliases.add(source)
    }
  }

  /** Drops all that is left. */
  release(): void {
    for (const handle of this.byTensor.values()) this.drop(handle)
    this.byTensor.clear()
  }

  private sum(before: Handle, handle: Handle): Handle {
    if (this.sole(before)) return this.addTo(before, handle)
    if (this.sole(handle)) return this.addTo(handle, before)
    const sum = this.backend.add(before, handle)
    this.holders.set(sum, 1)
    this.drop(before)
    this.drop(handle)
    return sum
  }

  private sole(handle: Handle): boolean {
    return this.holders.get(handle) === 1 && !this.aliases.has(handle)
  }

  private addTo(target: Handle, source: Handle): Handle {
    this.backend.accumulate(target, source, 1)
    this.drop(source)
    return target
  }
}
