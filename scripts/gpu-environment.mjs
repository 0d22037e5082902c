// Where the GPU tests find a GPU: the machine's own where told so, else SwiftShader, the GPU in software that Chromium carries.
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
