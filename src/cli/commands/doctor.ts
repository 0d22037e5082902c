import { z } from 'zod'
import { type Backend, isSoftware } from '../../backends/index.ts'
import { selfCheck } from '../../checks/index.ts'
import { defaultBackend, nodeGpuAdapter } from '../../hosts/node/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes, type Surroundings } from '../surroundings.ts'

/** Says what this machine offers, and whether the backends compute on it what they should. */
export const doctorCommand = defineCommand({
  name: 'doctor',
  usage: '',
  summary: 'Says what this machine offers: threads, SIMD, GPUs; and checks that each backend computes right',
  schema: z.object({
    check: z.enum(['all', 'none']).default('all').describe('two training steps, compared operation by operation'),
  }),
  notes: ['Exits 1 if a backend is off. A GPU is looked for with the package webgpu (npm install webgpu).'],
  examples: ['doctor', 'doctor --check none'],
  async run({ options, surroundings }) {
    surroundings.write(machineText(surroundings))
    const wasm = await defaultBackend({ backend: 'wasm' })
    surroundings.write(line('wasm', `${wasm.info.threads} threads, ${wasm.info.features.join(', ')}`))
    const gpu = await gpuOf(surroundings)
    const backends = gpu ? [wasm, gpu] : [wasm]
    let sound = true
    for (const backend of backends) {
      if (options.check === 'none') await backend.close()
      else sound = (await checked(backend, surroundings)) && sound
    }
    return sound ? exitCodes.done : exitCodes.failed
  },
})

function line(name: string, text: string): string {
  return `${name.padEnd(9)} ${text}\n`
}

function machineText({ version }: Surroundings): string {
  const os = process.getBuiltinModule('node:os')
  const [processor] = os.cpus()
  const memory = `${(os.totalmem() / 2 ** 30).toFixed(0)} GiB`
  return [
    line('spikelet', `${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}`),
    line(
      'machine',
      `${processor?.model.trim() ?? 'unknown processor'}, ${os.availableParallelism()} threads, ${memory}`,
    ),
  ].join('')
}

/** The webgpu backend, where there is one; otherwise says why not. */
async function gpuOf(surroundings: Surroundings): Promise<Backend | null> {
  try {
    const adapter = (await nodeGpuAdapter()) as GPUAdapter | null
    if (!adapter) {
      surroundings.write(line('webgpu', 'no adapter: no driver, or no GPU'))
      return null
    }
    const { limits, info } = adapter
    const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`
    const backend = await defaultBackend({ backend: 'webgpu' })
    const [name, ...features] = backend.info.features
    surroundings.write(
      line('webgpu', `${name}${isSoftware(info) ? ' (a program on the CPU: for tests, slower than wasm)' : ''}`) +
        line('', `features: ${features.join(', ') || 'none that kernels use'}`) +
        line(
          '',
          `limits: tensors of ${mebibytes(Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize))}, ` +
            `${limits.maxComputeInvocationsPerWorkgroup} invocations and ` +
            `${limits.maxComputeWorkgroupStorageSize / 1024} KiB a workgroup, ` +
            `${limits.maxStorageBuffersPerShaderStage} buffers a kernel`,
        ),
    )
    return backend
  } catch (error) {
    const { message } = error as Error
    surroundings.write(line('webgpu', `none: ${message.replaceAll('\n', '; ')}`))
    return null
  }
}

async function checked(backend: Backend, { clock, write }: Surroundings): Promise<boolean> {
  const started = clock()
  const { name } = backend.info
  const { ok, compared, worst, wrongSpikes, failed } = await selfCheck(backend)
  const verdict = ok ? 'computes right' : `is OFF in ${[...new Set(failed)].join(', ')}`
  const figures = `${compared} outputs compared, largest deviation ${worst.toExponential(1)}, wrong spikes ${wrongSpikes}`
  write(line('check', `${name} ${verdict}: ${figures}; ${(clock() - started).toFixed(1)} s`))
  return ok
}
