import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

/** Why Slurm cannot be tried on this machine; null where it can. */
export function whyNoSlurm(): string | null {
  if (process.getuid?.() !== 0) return 'slurmd wants root'
  for (const program of ['slurmctld', 'slurmd', 'sbatch', 'squeue', 'munged']) {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    } catch {
      return `no program ${program} (Debian: slurm-wlm, munge)`
    }
  }
  return null
}

/** Slurm on this machine alone, in a folder of its own: munged, slurmctld and slurmd, and how they are reached. */
export class Cluster {
  private readonly folder: string
  private readonly conf: string
  private readonly munge: string
  private daemons: { readonly name: string; readonly process: ChildProcess }[] = []

  constructor(cores: number) {
    this.folder = mkdtempSync(join(tmpdir(), 'spikelet-slurm-'))
    this.munge = join(this.folder, 'munge')
    this.conf = join(this.folder, 'slurm.conf')
    for (const name of ['state', 'spool', 'munge']) mkdirSync(join(this.folder, name), { mode: 0o700 })
    const socket = join(this.munge, 'socket')
    const port = 20000 + (process.pid % 20000)
    const host = hostname()
    const lines = [
      'ClusterName=tried',
      `SlurmctldHost=${host}(127.0.0.1)`,
      'SlurmUser=root',
      'AuthType=auth/munge',
      `AuthInfo=socket=${socket}`,
      'CredType=cred/munge',
      `SlurmctldPort=${port}`,
      `SlurmdPort=${port + 1}`,
      `StateSaveLocation=${join(this.folder, 'state')}`,
      `SlurmdSpoolDir=${join(this.folder, 'spool')}`,
      `SlurmctldPidFile=${join(this.folder, 'slurmctld.pid')}`,
      `SlurmdPidFile=${join(this.folder, 'slurmd.pid')}`,
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'SwitchType=switch/none',
      'MpiDefault=none',
      'ReturnToService=2',
      'SelectType=select/cons_tres',
      'SelectTypeParameters=CR_CPU',
      'AccountingStorageType=accounting_storage/none',
      'JobAcctGatherType=jobacct_gather/none',
      'SchedulerParameters=batch_sched_delay=0,sched_interval=2',
      'MessageTimeout=5',
      'KillWait=5',
      'MinJobAge=10',
      `NodeName=${host} NodeAddr=127.0.0.1 CPUs=${cores} State=UNKNOWN`,
      `PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
    ]
    writeFileSync(this.conf, `${lines.join('\n')}\n`)
    writeFileSync(join(this.munge, 'key'), 'a key of this test, and of nothing else: 0123456789', { mode: 0o400 })
  }

  /** What programs that ask Slurm need. */
  get environment(): Record<string, string> {
    return { SLURM_CONF: this.conf }
  }

  async start(): Promise<void> {
    const place = (name: string) => join(this.munge, name)
    const files = ['key', 'log', 'pid', 'seed', 'socket'].map((name) => {
      return `--${{ key: 'key-file', log: 'log-file', pid: 'pid-file', seed: 'seed-file', socket: 'socket' }[name]}=${place(name)}`
    })
    this.run('munged', ['--foreground', '--force', ...files])
    await this.until('munged', () => this.ask('munge', ['-n', '-S', place('socket')]) !== null)
    await this.startController()
    this.run('slurmd', ['-D'])
    await this.until('slurmd', () => /idle|mix|alloc/.test(this.ask('sinfo', ['-h', '-o', '%T']) ?? ''))
    const tried = this.ask('sbatch', ['--wait', '--output=/dev/null', '--chdir=/tmp', '--wrap=true'])
    if (tried === null) throw new Error('slurmd runs no job')
  }

  async startController(): Promise<void> {
    this.run('slurmctld', ['-D'])
    await this.until('slurmctld', () => /UP/.test(this.ask('scontrol', ['ping']) ?? ''))
  }

  /** Stops the controller as its service is stopped: it keeps what it knows. */
  async stopController(): Promise<void> {
    const controller = this.daemons.find(({ name }) => name === 'slurmctld')
    this.daemons = this.daemons.filter((one) => one !== controller)
    if (controller) await end(controller.process, 'SIGTERM')
  }

  /** What a program of Slurm says; null where it fails. */
  ask(program: string, words: readonly string[]): string | null {
    try {
      const env = { ...process.env, ...this.environment }
      return execFileSync(program, words, {
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 20_000,
      })
    } catch {
      return null
    }
  }

  async close(): Promise<void> {
    this.ask('scancel', ['--user=root'])
    for (const { process } of this.daemons.reverse()) await end(process)
    rmSync(this.folder, { recursive: true, force: true })
  }

  private run(name: string, words: readonly string[]): void {
    const env = { ...process.env, ...this.environment }
    this.daemons.push({ name, process: spawn(name, words, { env, stdio: ['ignore', 'ignore', 'ignore'] }) })
  }

  private async until(name: string, holds: () => boolean): Promise<void> {
    for (let tries = 0; tries < 150; tries++) {
      if (holds()) return
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    throw new Error(`${name} does not come up`)
  }
}

function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.on('close', () => resolve())
    child.kill(signal)
  })
}
