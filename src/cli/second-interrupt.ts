import { spawn } from 'node:child_process'

/**
 * A second Ctrl-C ends this process, also in the middle of a kernel, where it hears of no signal. A shell of the same
 * terminal counts along: a terminal sends Ctrl-C to all its processes.
 * @returns what sends the shell away
 */
export function endAtSecondInterrupt(): () => void {
  const watched = process.pid
  const script = `n=0
    trap 'n=$((n+1)); if [ $n -ge 2 ]; then kill -9 ${watched}; exit; fi' INT
    while kill -0 ${watched} 2>/dev/null; do sleep 1; done`
  const shell = spawn('sh', ['-c', script], { stdio: 'ignore' })
  shell.on('error', () => {}) // no shell: the second Ctrl-C counts once the kernel is done
  shell.unref()
  return () => void shell.kill('SIGKILL')
}
