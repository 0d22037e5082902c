import { type Shape, ShapeError, sameShape, shapeText } from '../base/index.ts'
import type { Dataset } from '../data/index.ts'
import type { Network } from '../nn/index.ts'

/** @throws ShapeError if the network takes other images or steps, or gives another number of classes */
export function checkFit(network: Network, dataset: Dataset, T: number): void {
  if (dataset.steps !== undefined && dataset.steps !== T) {
    throw new ShapeError({
      what: 'the recordings were cut into another number of frames than the network is run for',
      place: dataset.name,
      expected: `${T} frames`,
      got: `${dataset.steps} frames`,
      next: 'Cut them into T frames, or run that many steps.',
    })
  }
  if (!takes(network.input, dataset.shape)) {
    throw new ShapeError({
      what: `model "${network.name}" takes other images than the data set has`,
      place: dataset.name,
      expected: shapeText(network.input),
      got: shapeText(dataset.shape),
    })
  }
  if (network.output.length === 1 && network.output[0] === dataset.classes.length) return
  throw new ShapeError({
    what: `model "${network.name}" has another number of ${dataset.targets ? 'outputs than the data set has targets' : 'classes than the data set'}`,
    place: dataset.name,
    expected: `[${dataset.classes.length}]`,
    got: shapeText(network.output),
  })
}

/** Whether frames fit the input: samples of plain numbers are stored as images of one pixel. */
function takes(input: Shape, [height, width, channels]: Dataset['shape']): boolean {
  if (input.length === 1) return height === 1 && width === 1 && channels === input[0]
  return sameShape(input, [height, width, channels])
}
