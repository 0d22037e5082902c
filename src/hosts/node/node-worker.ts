import { readlinkSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { serve } from '../../backends/index.ts'
import { nativeCode } from './node-native.ts'

// One thread of the wasm backend. `serve` returns when the backend closes.
parentPort?.postMessage({ task: taskFile() })
serve(workerData.memory, workerData.thread, nativeCode)

/** Where Linux shows this thread as long as it lives; empty elsewhere. */
function taskFile(): string {
  try {
    return `/proc/${readlinkSync('/proc/thread-self')}`
  } catch {
    return ''
  }
}
