import { fork } from 'node:child_process'
import type { FromChild, ToChild } from './job.ts'
import type { StartProcess } from './pool.ts'

/** Letters of its standard error that are kept for the message of one that crashes. */
const keptText = 1500

/** A job in a child process. The child ends by itself if this process is gone, however it went. */
export const startProcess: StartProcess = (job, tell) => {
  // Plain JavaScript: from sources, the build must be there.
  const file = new URL(
    import.meta.url.endsWith('.ts') ? '../../../dist/runs/jobs/child.js' : './child.js',
    import.meta.url,
  )
  const child = fork(file, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] })
  let text = ''
  child.stderr?.on('data', (bytes: Buffer) => {
    text = (text + bytes.toString()).slice(-keptText)
  })
  let last: FromChild | undefined
  child.on('message', (message) => {
    const told = message as FromChild
    if (['done', 'stopped', 'failed'].includes(told.type)) last = told
    else tell(told)
  })
  const send = (message: ToChild) => {
    if (child.connected) child.send(message, () => {}) // a child that is gone tells by its end
  }
  send({ type: 'job', job })
  return {
    stop: () => send({ type: 'stop' }),
    kill: () => child.kill('SIGKILL'),
    ended: new Promise((resolve) => {
      child.on('error', (error) => resolve({ type: 'failed', message: error.message }))
      child.on('close', (code, signal) => {
        const how = `its process ended with ${signal ?? `code ${code}`}`
        resolve(last ?? { type: 'failed', message: text.trim() === '' ? how : `${how}: ${text.trim()}` })
      })
    }),
  }
}
