import { spawn } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const openers: { readonly [platform: string]: readonly string[] } = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', '""'],
}

/**
 * Opens an address in the browser. Everybody on a machine sees the words of every process, and the address holds a token: so
 * what is opened is a file that only its owner can read, which leads there. Where nothing opens it, the address still stands
 * in the terminal.
 */
export async function openInBrowser(address: string): Promise<void> {
  const file = join(await mkdtemp(join(tmpdir(), 'spikelet-studio-')), 'open.html')
  await writeFile(file, `<!doctype html><meta http-equiv="refresh" content="0;url=${address}">`, { mode: 0o600 })
  const [program, ...words] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...words, file], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
