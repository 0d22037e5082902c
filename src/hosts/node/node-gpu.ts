import type { GpuAdapter, Tuning, TuningStore } from '../../backends/index.ts'
import { ResourceError } from '../../base/index.ts'
import { findsAdapter } from './gpu-probe.ts'

/** Where a GPU comes from in Node: the optional package `webgpu`, which holds Dawn, Chromium's WebGPU. */
interface GpuPackage {
  create(options: string[]): GPU
}

/** Held as long as the process lives: Dawn ends with the object that `create` gives. */
let gpu: GPU | undefined

/**
 * The GPU of this machine, or null where there is none.
 * @throws ResourceError where the package `webgpu` is not installed or does not load
 */
export async function nodeGpuAdapter(): Promise<GpuAdapter | null> {
  if (!gpu) {
    const { create } = await loadPackage()
    if (!findsAdapter()) return null
    gpu = create([])
  }
  return gpu.requestAdapter({ powerPreference: 'high-performance' })
}

async function loadPackage(): Promise<GpuPackage> {
  try {
    // As a variable, so that the types of an optional package are not needed.
    const name = 'webgpu'
    return (await import(name)) as GpuPackage
  } catch (cause) {
    throw new ResourceError({
      what: 'the webgpu backend needs the package webgpu, which is optional',
      got: cause instanceof Error ? cause.message.split('\n')[0] : String(cause),
      next: 'Run npm install webgpu.',
      cause,
    })
  }
}

/** @throws ResourceError naming what to do */
export function noAdapter(): ResourceError {
  return new ResourceError({
    what: 'no GPU was found',
    got: 'no WebGPU adapter',
    next: 'Check the driver (Vulkan on Linux, with libvulkan1), or use --backend wasm; spikelet doctor says what there is.',
  })
}

/** Tiles that were measured, in a file for each adapter under the user's cache folder. What cannot be read is measured anew. */
export function tuningFiles(folder: string): TuningStore {
  const { mkdirSync, readFileSync, renameSync, writeFileSync } = process.getBuiltinModule('node:fs')
  const { join } = process.getBuiltinModule('node:path')
  const fileOf = (adapter: string) => join(folder, `tiles-${adapter.replace(/[^\w.-]+/g, '-')}.json`)
  return {
    load(adapter) {
      try {
        return JSON.parse(readFileSync(fileOf(adapter), 'utf8')) as Tuning
      } catch {
        return {}
      }
    },
    save(adapter, tuning) {
      try {
        mkdirSync(folder, { recursive: true })
        const file = fileOf(adapter)
        writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(tuning, null, 1)}\n`)
        renameSync(`${file}.${process.pid}`, file)
      } catch {
        // A folder that cannot be written costs the next run a second of measuring.
      }
    },
  }
}
