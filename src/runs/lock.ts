import { makeFolder, ResourceError, writing } from '../base/index.ts'

/** A folder that is ours alone until it is released. */
export interface FolderLock {
  release(): Promise<void>
}

export interface LockOptions {
  /** Seconds to wait for another process that has the folder. Default: 0. */
  readonly patience?: number
}

/**
 * Takes a folder for one writer, in this process or another one. A claim is a file whose name says which process made it,
 * so it appears whole and is never mistaken for another's. Who sees no other living claim beside its own has the folder:
 * of two, the one that looks last sees both. Claims of dead processes do not count, and anybody may sweep them up, since
 * no name comes twice. Where a process cannot be looked up, on another machine or in another container, it counts as
 * dead once it has not touched its claim for ten minutes.
 * @throws ResourceError if another process keeps the folder for longer than `patience`, or it cannot be written to
 */
export async function lockFolder(folder: string, { patience = 0 }: LockOptions = {}): Promise<FolderLock> {
  await makeFolder(folder)
  const here = await ownPlace()
  let patient = patience
  let undecided = longestContest
  while (true) {
    const claim = await makeClaim(folder, here)
    const found = await decide(folder, claim, here)
    if (found === null) return held(folder, claim)
    await removeClaim(folder, claim)
    const left = found.held ? patient : undecided
    if (left <= 0) throw await taken(folder, found)
    const pause = found.held ? secondsBetween : secondsBetween * (0.1 + 0.4 * fraction())
    await sleep(Math.min(pause, left))
    if (found.held) patient -= pause
    else undecided -= pause
  }
}

/** Who works on a folder. */
export interface LockHolder {
  /** Its process, where it runs on this machine and can be sent signals; null elsewhere. */
  readonly pid: number | null
}

/**
 * Who holds a folder, for those who only look.
 * @param now seconds since 1970: a claim from elsewhere counts while it was touched shortly before
 * @returns null where nobody does, or the folder cannot be read
 */
export async function lockHolder(folder: string, now: number): Promise<LockHolder | null> {
  const claims = (await claimsIn(folder).catch(() => [])).filter(({ held }) => held)
  if (claims.length === 0) return null
  const here = await ownPlace()
  for (const claim of claims) {
    const alive = await isAliveHere(claim, here)
    if (alive) return { pid: claim.pid }
    if (alive === undefined && (await touchedAt(folder, claim.name)) > now - touch.deadAfterSeconds)
      return { pid: null }
  }
  return null
}

/** Seconds since 1970; 0 of a claim that is gone. */
async function touchedAt(folder: string, name: string): Promise<number> {
  const { stat } = process.getBuiltinModule('node:fs/promises')
  return stat(path(folder, name)).then(
    ({ mtimeMs }) => mtimeMs / 1000,
    () => 0,
  )
}

const secondsBetween = 0.2

/** Seconds in which those who came at the same time agree on one of them; it takes milliseconds. */
const longestContest = 30

/** How often the first of them looks whether it is alone. */
const mostLooks = 200

/** How often a holder touches its claim, and after how long it counts as dead where it cannot be looked up. */
const touch = { everySeconds: 60, deadAfterSeconds: 600 } as const

/** One of the processes that could be at work on a folder. */
interface Place {
  readonly host: string
  /** One boot of the host; empty where nobody says. */
  readonly boot: string
  /** Which numbering of processes; empty where there is one alone. */
  readonly namespace: string
  readonly pid: number
  /** In the clock ticks of /proc; empty where nobody says. With it a number that was used again gives itself away. */
  readonly started: string
}

interface Claim extends Place {
  readonly name: string
  readonly held: boolean
}

const claimPattern = /^lock-([\da-f]+)-([\da-f]*)-([\da-f]*)-(\d+)-(\d*)-[\da-f]+$/
const heldEnding = '.held'

/** Null where this claim is the only one alive; else the one that is in its way. */
async function decide(folder: string, own: string, here: Place): Promise<Claim | null> {
  for (let looks = 1; ; looks++) {
    const others = (await claimsIn(folder)).filter(({ name }) => name !== own)
    const living: Claim[] = []
    for (const claim of others) {
      if (await isAlive(folder, claim, here, own)) living.push(claim)
      else await removeClaim(folder, claim.name)
    }
    if (living.length === 0) return null
    const holder = living.find(({ held }) => held)
    if (holder) return holder
    // All came at once: the first by name waits for the others to step back.
    const first = living.find(({ name }) => name < own)
    if (first || looks === mostLooks) return first ?? living[0]
    await sleep(secondsBetween / 20)
  }
}

async function claimsIn(folder: string): Promise<Claim[]> {
  const names = await process.getBuiltinModule('node:fs/promises').readdir(folder)
  return names.flatMap((name) => {
    const [, host, boot, namespace, pid, started] = claimPattern.exec(name) ?? []
    if (host === undefined) return []
    return [{ name, host, boot, namespace, pid: Number(pid), started, held: names.includes(name + heldEnding) }]
  })
}

async function makeClaim(folder: string, { host, boot, namespace, pid, started }: Place): Promise<string> {
  const name = ['lock', host, boot, namespace, pid, started, randomHex(8)].join('-')
  const { writeFile } = process.getBuiltinModule('node:fs/promises')
  await writing(folder, () => writeFile(path(folder, name), claimText(), { flag: 'wx' }))
  return name
}

/** For people who look into the folder. */
function claimText(): string {
  return `${JSON.stringify({ process: process.pid, host: hostName() })}\n`
}

async function held(folder: string, name: string): Promise<FolderLock> {
  const { open, writeFile } = process.getBuiltinModule('node:fs/promises')
  await writing(folder, () => writeFile(path(folder, name + heldEnding), ''))
  const timer = setInterval(async () => {
    try {
      const file = await open(path(folder, name), 'r+')
      await file.write(claimText(), 0).finally(() => file.close())
    } catch {
      // The folder is gone or full: there is nothing to keep others from.
    }
  }, 1000 * touch.everySeconds)
  timer.unref()
  return {
    async release() {
      clearInterval(timer)
      await removeClaim(folder, name)
    },
  }
}

async function removeClaim(folder: string, name: string): Promise<void> {
  const { rm } = process.getBuiltinModule('node:fs/promises')
  for (const one of [name, name + heldEnding]) await rm(path(folder, one), { force: true })
}

async function isAlive(folder: string, claim: Claim, here: Place, own: string): Promise<boolean> {
  return (await isAliveHere(claim, here)) ?? isTouched(folder, claim.name, own)
}

/** Undefined where the process cannot be looked up. */
async function isAliveHere(claim: Claim, here: Place): Promise<boolean | undefined> {
  if (claim.host !== here.host) return undefined
  if (claim.boot !== here.boot) return false
  if (claim.namespace !== here.namespace) return undefined
  if (claim.pid === here.pid && claim.started === here.started) return true
  if (!isRunning(claim.pid)) return false
  const started = await startOf(claim.pid)
  return started === '' ? undefined : started === claim.started
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether a claim was touched shortly before one's own was made, by the clock of the disk. */
async function isTouched(folder: string, name: string, own: string): Promise<boolean> {
  const { stat } = process.getBuiltinModule('node:fs/promises')
  try {
    const [theirs, ours] = await Promise.all([name, own].map((one) => stat(path(folder, one))))
    return ours.mtimeMs - theirs.mtimeMs < 1000 * touch.deadAfterSeconds
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function ownPlace(): Promise<Place> {
  const { readFile, readlink } = process.getBuiltinModule('node:fs/promises')
  const read = (file: string) => readFile(file, 'utf8').catch(() => '')
  const [machine, boot, namespace, started] = await Promise.all([
    read('/etc/machine-id'),
    read('/proc/sys/kernel/random/boot_id'),
    readlink('/proc/self/ns/pid').catch(() => ''),
    startOf(process.pid),
  ])
  const short = (text: string) => (text === '' ? '' : hash(text))
  return { host: hash(hostName() + machine), boot: short(boot), namespace: short(namespace), pid: process.pid, started }
}

/** When a process began, in clock ticks since the boot; empty where nobody says. One that only waits to be buried has none. */
async function startOf(pid: number): Promise<string> {
  const { readFile } = process.getBuiltinModule('node:fs/promises')
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name of the program, in brackets, may hold anything; 20 fields behind it stands the start.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? 'buried' : (fields[19] ?? '')
}

async function taken(folder: string, { name, pid }: Claim): Promise<ResourceError> {
  const { readFile } = process.getBuiltinModule('node:fs/promises')
  const file = path(folder, name)
  const host = await readFile(file, 'utf8').then(
    (text) => /"host":"([^"\\]*)"/.exec(text)?.[1],
    () => undefined,
  )
  const elsewhere = host !== undefined && host !== hostName()
  return new ResourceError({
    what: 'another process works on this run',
    place: folder,
    got: `process ${pid}${elsewhere ? ` on ${host}` : pid === process.pid ? ', which is this one' : ''}`,
    next: elsewhere
      ? `Wait for it, or give this run another name. If that machine is gone, delete ${file}.`
      : 'Wait for it, stop it, or give this run another name.',
  })
}

function path(folder: string, name: string): string {
  return process.getBuiltinModule('node:path').join(folder, name)
}

function hostName(): string {
  return process.getBuiltinModule('node:os').hostname()
}

function hash(text: string): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex').slice(0, 8)
}

function randomHex(bytes: number): string {
  return process.getBuiltinModule('node:crypto').randomBytes(bytes).toString('hex')
}

/** In 0..1: those who met do not come back at the same time. */
function fraction(): number {
  return process.getBuiltinModule('node:crypto').randomInt(1000) / 1000
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * seconds))
}
