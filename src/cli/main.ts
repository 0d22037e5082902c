#!/usr/bin/env node
/** The command `spikelet`. The rest is loaded only once Node is known to be new enough to read it. */
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 20 || (major === 20 && minor >= 19)) {
  const loaded = await import('./process.ts').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EMFILE') throw error
    process.stderr.write('error: this shell allows a process too few open files.\nAllow more: ulimit -n 1024\n')
    process.exitCode = 1
  })
  await loaded?.runProcess()
} else {
  process.stderr.write(
    `Spikelet needs Node 20.19 or newer; this is Node ${process.versions.node}.\n` +
      'Get a newer one from https://nodejs.org or with your version manager.\n',
  )
  process.exitCode = 1
}
