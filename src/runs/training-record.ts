import { UsageError } from '../base/index.ts'
import { type Loss, rateLoss, temporalLosses, tetLoss } from '../losses/index.ts'
import { type SampleFacts, sampleFacts } from '../train/index.ts'

/** What a checkpoint says of its training. @throws FormatError if it lacks T, or names parts of a program */
export function checkpointTraining(training: unknown, file: string): SampleFacts & { readonly dataset: string } {
  const facts = sampleFacts(training, file)
  return { ...facts, dataset: facts.dataset ?? 'own data' }
}

/** Sizes that a training was told, in the words of its options. */
export function sizesOf({ sensor, imageSize }: SampleFacts): { sensor?: string; imageSize?: string } {
  return {
    ...(sensor ? { sensor: `${sensor.width}x${sensor.height}` } : {}),
    ...(imageSize ? { imageSize: `${imageSize.height}x${imageSize.width}` } : {}),
  }
}

/** The loss that a checkpoint was trained with. @throws UsageError for one that no command knows */
export function recordedLoss({ loss }: SampleFacts, file: string): Loss {
  if (loss?.name === 'rate') return rateLoss()
  if (loss === undefined || loss.name === 'tet') return tetLoss({ to: loss?.toOneHot ? 'oneHot' : 1 })
  if (Object.hasOwn(temporalLosses, loss.name)) return temporalLosses[loss.name as keyof typeof temporalLosses]()
  throw new UsageError({
    what: `this network was trained with the loss ${loss.name}, which no command knows`,
    place: file,
    expected: ['tet', 'rate', ...Object.keys(temporalLosses)].join(', '),
    got: loss.name,
    next: 'Judge it in the program that trained it, with evaluate().',
  })
}
