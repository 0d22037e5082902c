import type { LoaderThread, ThreadEvents, ThreadSetup } from './thread.ts'

/** Starts a loader thread in Node. It does not keep the process alive unless somebody waits for it. */
export function startNodeThread(setup: ThreadSetup, events: ThreadEvents): LoaderThread {
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  // No execArgv: flags of the process, such as --input-type, may not fit a thread.
  const worker = new Worker(new URL('./loader-worker.js', import.meta.url), { workerData: setup, execArgv: [] })
  let closing = false
  worker.on('message', (id: number) => events.done(id))
  worker.on('error', (error) => events.failed(error))
  worker.on('exit', (code) => {
    if (!closing) events.failed(new Error(`the thread ended with code ${code}`))
  })
  worker.unref()
  return {
    send: (job) => worker.postMessage(job),
    hold: (waited) => (waited ? worker.ref() : worker.unref()),
    async close() {
      closing = true
      await worker.terminate()
    },
  }
}
