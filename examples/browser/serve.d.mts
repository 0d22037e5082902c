import type { Server } from 'node:http'

/** Serves a folder; port 0 is any that is free. With `isolated`, pages may share memory between threads. */
export function serveFolder(
  folder: string,
  options?: { port?: number; isolated?: boolean },
): Promise<{ server: Server; address: string }>
