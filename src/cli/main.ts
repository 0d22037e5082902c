#!/usr/bin/env node
/** The command `spikelet`. The rest is loaded only once Node is known to be new enough to read it. */
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 20 || (major === 20 && minor >= 19)) {
  const { runProcess } = await import('./process.ts')
  await runProcess()
} else {
  process.stderr.write(
    `Spikelet needs Node 20.19 or newer; this is Node ${process.versions.node}.\n` +
      'Get a newer one from https://nodejs.org or with your version manager.\n',
  )
  process.exitCode = 1
}
