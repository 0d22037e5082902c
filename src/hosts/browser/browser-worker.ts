import { serve } from '../../backends/index.ts'

// One thread of the wasm backend in a page. `serve` returns when the backend closes.
addEventListener('message', ({ data }: MessageEvent<{ memory: WebAssembly.Memory; thread: number }>) => {
  postMessage('ready')
  serve(data.memory, data.thread)
})
