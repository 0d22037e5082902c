/**
 * Every kind of picture that Spikelet draws, from fixed numbers, so that the same code draws the same bytes.
 * @param {typeof import('../../src/node.ts') & typeof import('../../src/analysis/index.ts') & typeof import('../../src/report/index.ts')} spikelet
 *   the library, with what is under spikelet/analysis and spikelet/report
 * @returns {{ name: string, title: string, text: string, code: string, svg: string }[]}
 */
export function galleryPictures(spikelet) {
  const { clif, draw, energy, gradientMap, lif, plif, record, snn3, standaloneSvg } = spikelet
  const { autocorrelations, dependencyGraph, gradientPaths, histograms, rasterOf, surrogateCurves, truncationMap } =
    spikelet
  const network = snn3({ input: [28, 28, 1], classes: 10, neuron: clif() })
  const whole = (value) => `${standaloneSvg(draw(value))}\n`
  return [
    {
      name: 'gradient',
      title: 'Gradient through time',
      text: 'How much gradient the input of step t receives from the output of a later step. LIF loses almost all of it within a few steps; CLIF keeps some.',
      code: 'gradientMap([lif(), clif()], { T: 32 })',
      svg: whole(gradientMap([lif(), clif()], { T: 32 })),
    },
    {
      name: 'recording',
      title: 'A recording',
      text: 'Input current, states and spikes of one neuron. The dashed line is the threshold.',
      code: "record([lif(), clif()], { T: 40, input: 'poisson:0.4:0.8' })",
      svg: whole(record([lif(), clif()], { T: 40, input: 'poisson:0.4:0.8' })),
    },
    {
      name: 'raster',
      title: 'A spike raster',
      text: 'Spikes of many neurons, a row each, and the membrane potential of one of them.',
      code: "rasterOf(record([lif(), plif(), clif()], { T: 40, neurons: 24, input: 'poisson:0.4:0.8' }))",
      svg: whole(rasterOf(record([lif(), plif(), clif()], { T: 40, neurons: 24, input: 'poisson:0.4:0.8' }))),
    },
    {
      name: 'autocorrelation',
      title: 'Autocorrelation',
      text: 'How long states remember.',
      code: "autocorrelations(record([lif(), clif()], { T: 200, neurons: 20, input: 'poisson:0.4:0.8' }), 20)",
      svg: whole(autocorrelations(record([lif(), clif()], { T: 200, neurons: 20, input: 'poisson:0.4:0.8' }), 20)),
    },
    {
      name: 'histograms',
      title: 'Histograms',
      text: 'How often a potential has which value.',
      code: "histograms(record([lif(), clif()], { T: 200, neurons: 20, input: 'poisson:0.4:0.8' }))",
      svg: whole(histograms(record([lif(), clif()], { T: 200, neurons: 20, input: 'poisson:0.4:0.8' }))),
    },
    {
      name: 'dependencies',
      title: 'What a neuron is made of',
      text: 'Which named value reads which, within a step and from one step to the next.',
      code: 'dependencyGraph(clif())',
      svg: whole(dependencyGraph(clif())),
    },
    {
      name: 'paths',
      title: 'Paths of the gradient',
      text: 'The ways that the derived gradient takes back through time.',
      code: 'gradientPaths(clif())',
      svg: whole(gradientPaths(clif())),
    },
    {
      name: 'truncation',
      title: 'Truncated backpropagation',
      text: 'What each kind of truncation strikes out of the gradient.',
      code: 'truncationMap(clif(), 3, { T: 8 })',
      svg: whole(truncationMap(clif(), 3, { T: 8 })),
    },
    {
      name: 'surrogates',
      title: 'Surrogates',
      text: 'What stands in for the derivative of a spike around the threshold, each with its usual alpha.',
      code: 'surrogateCurves()',
      svg: whole(surrogateCurves()),
    },
    {
      name: 'energy',
      title: 'Energy of an inference',
      text: 'An estimate by part and by layer, from firing rates.',
      code: 'energy(snn3({ input: [28, 28, 1], classes: 10, neuron: clif() }), { T: 4, rates: [0.2, 0.17, 0.16] })',
      svg: whole(energy(network, { T: 4, rates: [0.2, 0.17, 0.16] })),
    },
  ]
}

const intro =
  'Every kind of picture that Spikelet draws of a value. `draw` gives an SVG element, `save` writes a file, and `spikelet neuron`, `gradient` and `energy` do so on the command line. A neuron has the same colour in all of them, and all of them follow the reader’s light or dark theme. The report of a run also shows its curves, its network, spike rasters of its layers, and its confusion matrix. `npm run gallery` writes this page.'

/** The page that shows them. */
export function galleryPage(pictures) {
  const parts = pictures.map(
    ({ name, title, text, code }) =>
      `## ${title}\n\n${wrapped(text)}\n\n![${title}](pictures/${name}.svg)\n\n\`draw(${code})\``,
  )
  return `# Gallery

${wrapped(intro)}

${parts.join('\n\n')}
`
}

/** Prose in lines of at most 118 letters. */
function wrapped(text) {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1]
    if (line !== '' && line.length + 1 + word.length > 118) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join('\n')
}
