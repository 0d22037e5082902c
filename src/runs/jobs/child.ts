import { systemFault } from '../../base/index.ts'
import { doJob } from './do-job.ts'
import type { FromChild, ToChild } from './job.ts'

/** What runs in a process that was started for one job. */
const stop = { aborted: false }

function tell(message: FromChild, then: () => void = () => {}): void {
  if (process.connected) process.send?.(message, then)
  else then()
}

process.on('message', (message: ToChild) => {
  if (message.type === 'stop') stop.aborted = true
  else void work(message)
})
// Whether a hang-up stops the run is for the parent to say.
process.on('SIGHUP', () => {})
// Ctrl-C reaches all processes of a terminal: the parent asks for the same.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (stop.aborted = true))
// The parent is gone, perhaps killed: nobody waits for this any more, and another parent may go on with it.
process.on('disconnect', () => process.exit(1))

async function work({ job }: Extract<ToChild, { type: 'job' }>): Promise<void> {
  let end: FromChild
  try {
    end = await doJob(job, { env: process.env, clock: () => Date.now() / 1000, stop, tell })
  } catch (error) {
    const fault = systemFault(error)
    end = { type: 'failed', message: fault instanceof Error ? fault.message : String(fault) }
  }
  tell(end, () => process.exit(0))
}
