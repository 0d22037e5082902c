/** What an array job is made of. Paths are whole: compute nodes see the same files. */
export interface ArrayScript {
  readonly name: string
  /** How many tasks. */
  readonly tasks: number
  /** At most so many at once. */
  readonly atOnce?: number | undefined
  /** Where the list of jobs lies, and where tasks leave what they tell. */
  readonly folder: string
  /** Where tasks start. */
  readonly workingFolder: string
  /** The user's words for sbatch, such as `--partition=long`. */
  readonly words: readonly string[]
  /** The program of one task, and what runs it. */
  readonly node: string
  readonly program: string
}

/** Seconds before the end of its time in which a task saves. */
const secondsToSave = 120

/** The script of an array job, as sbatch takes it. */
export function arrayScript(script: ArrayScript): string {
  const { name, tasks, atOnce, folder, workingFolder, words, node, program } = script
  const options = [
    `--job-name=${name}`,
    `--array=0-${tasks - 1}${atOnce === undefined ? '' : `%${atOnce}`}`,
    `--chdir=${workingFolder}`,
    `--output=${folder}/task-%a.log`,
    '--open-mode=append',
    '--requeue',
    `--signal=B:TERM@${secondsToSave}`,
    ...words,
  ]
  return [
    '#!/bin/sh',
    ...options.map((option) => `#SBATCH ${/\s/.test(option) ? `"${option}"` : option}`),
    '# One task is one run. A task that is started again goes on from its last checkpoint.',
    `exec ${quoted(node)} ${quoted(program)} ${quoted(folder)} "$SLURM_ARRAY_TASK_ID"`,
    '',
  ].join('\n')
}

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Words for sbatch, as somebody types them: parted by spaces outside of quotes. */
export function sbatchWords(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'),
  )
}
