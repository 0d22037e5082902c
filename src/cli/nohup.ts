import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** What is known of a process and its ancestors, read where the system shows it. */
export interface ProcessFacts {
  /** The text of a file, or '' where there is none. */
  read(file: string): string
  /** What a link points to, or ''. */
  link(file: string): string
}

/** How many ancestors are asked: npx puts two of its own between a shell and a program. */
const mostAncestors = 4

/**
 * Whether this process was started with nohup. Node sets every signal back to what it does by default, also those that
 * nohup told it to ignore, so only traces are left: a shell notes the program it starts in `_`, nohup writes to
 * nohup.out, and a script under nohup still ignores the signal.
 */
export function startedWithNohup(facts: ProcessFacts, env: { readonly [name: string]: string | undefined }): boolean {
  if (isNohup(env._)) return true
  if ([1, 2].some((fd) => basename(facts.link(`/proc/self/fd/${fd}`)) === 'nohup.out')) return true
  const own = statOf(facts, 'self')
  let pid = own?.parent
  for (let asked = 0; pid !== undefined && pid > 1 && asked < mostAncestors; asked++) {
    const stat = statOf(facts, String(pid))
    if (stat?.session !== own?.session) return false
    const environment = facts.read(`/proc/${pid}/environ`).split('\0')
    if (isNohup(environment.find((one) => one.startsWith('_='))?.slice(2))) return true
    if (ignoresHangup(facts.read(`/proc/${pid}/status`))) return true
    pid = stat?.parent
  }
  return false
}

/** Facts from /proc; none on systems without it. */
export const systemFacts: ProcessFacts = {
  read(file) {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return ''
    }
  },
  link(file) {
    try {
      return readlinkSync(file)
    } catch {
      return ''
    }
  },
}

function isNohup(program: string | undefined): boolean {
  return program !== undefined && basename(program) === 'nohup'
}

/** Parent and session of a process. */
function statOf(facts: ProcessFacts, pid: string): { parent: number; session: number } | undefined {
  const text = facts.read(`/proc/${pid}/stat`)
  const [, parent, , session] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return session === undefined ? undefined : { parent: Number(parent), session: Number(session) }
}

/** SigIgn is a mask in hexadecimal; SIGHUP is its lowest bit. */
function ignoresHangup(status: string): boolean {
  const [, mask] = /^SigIgn:\s*([\da-f]+)$/m.exec(status) ?? []
  return mask !== undefined && (Number.parseInt(mask.slice(-1), 16) & 1) === 1
}
