// Where the GPU tests find a GPU: the machine's own where told so, else SwiftShader, the GPU in software that Chromium carries.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'

const chromiumFolders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome']
const chromiumPrograms = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/**
 * @param {{ own?: boolean, env?: NodeJS.ProcessEnv }} [options] `own`: the machine's own GPU and driver
 * @returns {{ env: Record<string, string>, reason: null } | { env: null, reason: string }} what to add to the environment,
 * or why there is no GPU
 */
export function gpuEnvironment({ own = false, env = process.env } = {}) {
  try {
    createRequire(import.meta.url).resolve('webgpu')
  } catch {
    return { env: null, reason: 'the package webgpu is not installed: npm ci' }
  }
  const program = env.CHROMIUM_PATH ?? chromiumPrograms.find(existsSync)
  if (!program) return { env: null, reason: 'no Chromium: apt-get install chromium libvulkan1' }
  if (own || env.VK_DRIVER_FILES) return { env: { CHROMIUM_PATH: program }, reason: null }
  const folder = chromiumFolders.find((path) => existsSync(`${path}/vk_swiftshader_icd.json`))
  if (!folder) return { env: null, reason: 'no SwiftShader beside Chromium: apt-get install chromium libvulkan1' }
  return {
    env: {
      CHROMIUM_PATH: program,
      VK_DRIVER_FILES: `${folder}/vk_swiftshader_icd.json`,
      // Chromium brings its own Vulkan loader, for machines that have none.
      LD_LIBRARY_PATH: [env.LD_LIBRARY_PATH, folder].filter((path) => path).join(':'),
    },
    reason: null,
  }
}

const lavapipe = ['/usr/share/vulkan/icd.d/lvp_icd.json', '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json']

const askFeatures = `import('webgpu').then(async ({ create }) => {
  const adapter = await create([]).requestAdapter()
  process.exit(adapter?.features.has('shader-f16') ? 0 : 1)
})`

/**
 * A GPU in software with float16, which SwiftShader has not: Mesa's lavapipe, from version 24 or so on.
 * @param {NodeJS.ProcessEnv} [env] `HALF_DRIVER_FILES`: a Vulkan driver to take
 * @returns {{ driver: string, reason: null } | { driver: null, reason: string }}
 */
export function halfDriver(env = process.env) {
  const candidates = env.HALF_DRIVER_FILES ? [env.HALF_DRIVER_FILES] : lavapipe.filter(existsSync)
  const driver = candidates.find((file) => {
    const run = spawnSync(process.execPath, ['-e', askFeatures], {
      env: { ...env, VK_DRIVER_FILES: file },
      timeout: 60_000,
    })
    return run.status === 0
  })
  if (driver) return { driver, reason: null }
  const found = candidates.length > 0 ? `${candidates.join(', ')} has none` : 'no lavapipe'
  return {
    driver: null,
    reason: `no GPU in software with float16: ${found} (Mesa 25: apt-get install mesa-vulkan-drivers)`,
  }
}
