// Measures Spikelet's speed on this machine: npm run bench -- --help. Needs the build.
import { fileURLToPath } from 'node:url'
import { SpikeletError } from '../dist/base/index.js'
import { readArguments, usage } from './arguments.mjs'
import { busyShare, busyWarning } from './busy.mjs'
import { modelInProcess } from './child.mjs'
import { curvesText, measureCurves } from './curves.mjs'
import { denseConvolutionText, measureDenseConvolution } from './dense-convolution.mjs'
import { loaderText, measureLoader } from './loader.mjs'
import { firingWarning, modelLine } from './model-line.mjs'
import { modelText } from './model-text.mjs'
import { measureNetwork, networkText } from './network-curves.mjs'
import { measurePeak, peakText } from './peak.mjs'
import { comparePeer, hasTorch } from './peer.mjs'
import { ratiosText } from './ratios.mjs'
import { commit, machine, writeRecord } from './record.mjs'
import { measureScaling, scalingText } from './scaling.mjs'
import { measureStream, streamText } from './stream.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const say = (text) => console.log(text)

/** Each measures, prints, and gives what goes into the record. */
const measurements = {
  peak: async ({ threads }) => said('peak', await measurePeak(threads), peakText),
  dense: async ({ threads }) =>
    said(
      'dense convolution, 3x3, 64 to 64 channels, 32x32, batch 32',
      await measureDenseConvolution(threads),
      denseConvolutionText,
    ),
  models: async ({ models }) => {
    const found = []
    say('\nmodels')
    for (const options of models) {
      const one = await modelInProcess(options)
      say(modelText(one))
      found.push(one)
    }
    return found
  },
  curves: async ({ threads }) => said('curves', await measureCurves(threads), curvesText),
  network: async ({ threads }) => said('curves of a network: snn5, CLIF', await measureNetwork(threads), networkText),
  loader: async (wanted) => said('loader', await measureLoader(wanted), loaderText),
  scaling: async ({ models }) => said('more threads, and more machines', await measureScaling(models), scalingText),
  stream: async () => said('one sample at a time', await measureStream(), streamText),
}

function said(title, found, text) {
  say(`\n${title}\n${text(found)}`)
  return found
}

async function printLine([options]) {
  const found = await modelInProcess(options)
  const warning = firingWarning(found)
  if (warning) console.error(warning)
  say(modelLine(found))
}

async function measureParts(wanted) {
  const busy = await busyShare()
  const warning = busyWarning(busy)
  if (warning) say(warning)
  const found = { busy }
  for (const part of wanted.only) found[part] = await measurements[part](wanted)
  await keep(found)
}

async function measurePeer({ models, rounds }) {
  if (!hasTorch()) {
    say("no comparison: python3 -c 'import torch' fails here. To have PyTorch: python3 -m pip install torch")
    return
  }
  const peer = []
  for (const options of models) {
    say(`\n${options.model}, batch ${options.batch}, T ${options.T}: ${rounds} rounds`)
    const compared = await comparePeer(options, rounds, say)
    for (const [mode, ratios] of Object.entries(compared.ratios)) say(ratiosText(mode, ratios))
    peer.push(compared)
  }
  await keep({ peer })
}

async function keep(found) {
  const record = { date: new Date().toISOString(), commit: commit(here), machine: machine(), ...found }
  say(`\nkept in ${await writeRecord(`${here}results`, record)}`)
}

try {
  const wanted = readArguments(process.argv.slice(2))
  if (wanted.help) say(usage)
  else if (wanted.json) await printLine(wanted.models)
  else if (wanted.peer) await measurePeer(wanted)
  else await measureParts(wanted)
} catch (error) {
  console.error(error instanceof SpikeletError ? error.message : error)
  process.exitCode = 2
}
