import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Runs a program and gives its standard output; its errors go to ours.
 * @param {string} program
 * @param {readonly string[]} words
 * @param {NodeJS.ProcessEnv} [more] what to add to the environment
 */
export function outputOf(program, words, more = {}) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...more } })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(text)
      else reject(new Error(`${program} ${words[0]} ended with ${signal ?? `code ${code}`}`))
    })
  })
}

/** `measureModel` in a process of its own. @param {Parameters<typeof import('./model.mjs').measureModel>[0]} options */
export async function modelInProcess(options) {
  const file = fileURLToPath(new URL('./model-process.mjs', import.meta.url))
  return JSON.parse(await outputOf(process.execPath, [file, JSON.stringify(options)]))
}
