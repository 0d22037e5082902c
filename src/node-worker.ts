import { parentPort, workerData } from 'node:worker_threads'
import { serve } from './backends/index.ts'
import { nativeCode } from './node-native.ts'

// One thread of the wasm backend. `serve` returns when the backend closes.
parentPort?.postMessage('ready')
serve(workerData.memory, workerData.thread, nativeCode)
