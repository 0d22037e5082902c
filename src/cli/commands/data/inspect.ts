import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { counted, plainText, SpikeletError, UsageError } from '../../../base/index.ts'
import {
  datasetIn,
  datasetNames,
  diskFolder,
  type FileInspection,
  type FolderInspection,
  inspectFile,
  inspectFolder,
  isStrayName,
  type RecordingOptions,
  type SideInspection,
  survey,
} from '../../../data/index.ts'
import type { EventFileOptions } from '../../../formats/index.ts'
import { inspectModelFile } from '../../../interop/index.ts'
import type { Progress } from '../../../runs/index.ts'
import { readNamed } from '../../../runs/index.ts'
import { createProgress } from '../../progress.ts'
import { type ExitCode, exitCodes, type Surroundings } from '../../surroundings.ts'
import { type DataAction, fileReadingOf, readingOf } from './action.ts'

/** Says what a file, or a data set's folder, holds. */
export const inspectData: DataAction = async ({ target, options, surroundings }) => {
  if (target === undefined) {
    throw new UsageError({ what: 'the file or folder is missing', expected: 'spikelet data inspect FILE-OR-FOLDER' })
  }
  const status = await stat(target).catch((cause) => {
    throw new UsageError({ what: 'there is no such file or folder', place: target, got: cause.message, cause })
  })
  const reading = fileReadingOf(options)
  const progress = createProgress(surroundings)
  const name = status.isDirectory() ? await datasetIn(target) : undefined
  if (status.isDirectory() && name === undefined) return inspectFiles(target, options.json, reading, surroundings)
  const found =
    name === undefined
      ? await inspectAny(target, reading)
      : await inspectedFolder(name, target, { ...readingOf(options), ...mostOf(options.limit) }, progress)
  progress.clear()
  if (options.json) surroundings.write(`${JSON.stringify(found)}\n`)
  else surroundings.write('folder' in found ? folderText(found) : fileText(found))
  return exitCodes.done
}

/** The files of a folder that is no data set, one by one; it fails where one of them cannot be read. */
async function inspectFiles(
  folder: string,
  json: boolean,
  reading: EventFileOptions,
  { write, writeError }: Surroundings,
): Promise<ExitCode> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && !isStrayName(entry.name))
    .map(({ name }) => name)
  if (names.length === 0) {
    throw new UsageError({
      what: 'this folder is no data set, and has no files of its own to look at',
      place: folder,
      expected: `the files of ${datasetNames.join(', ')}`,
      got: await survey(diskFolder(folder)),
      next: 'Images are read from PNG and JPEG files in a folder per class, recordings from event files in such.',
    })
  }
  const found: FileInspection[] = []
  let failed = 0
  for (const name of names.sort()) {
    const file = join(folder, name)
    try {
      found.push(await inspectAny(file, reading))
      if (!json) write(`${fileText(found[found.length - 1])}\n`)
    } catch (error) {
      if (!(error instanceof SpikeletError)) throw error
      failed++
      writeError(`${error.message}\n\n`)
    }
  }
  if (json) write(`${JSON.stringify({ folder, files: found })}\n`)
  writeError(`${counted(found.length, 'file')} ${were(found.length)} read, ${failed} ${were(failed)} not\n`)
  return found.length === 0 || failed > 0 ? exitCodes.failed : exitCodes.done
}

function were(count: number): string {
  return count === 1 ? 'was' : 'were'
}

/** Data, or a trained network. */
async function inspectAny(file: string, reading: EventFileOptions): Promise<FileInspection> {
  const bytes = await readNamed(file)
  return (await inspectModelFile(bytes, file)) ?? inspectFile(bytes, file, reading)
}

function mostOf(limit: number | undefined): { most?: number } {
  return limit === undefined ? {} : { most: limit }
}

/** All of a folder, with a bar while recordings are read. */
export function inspectedFolder(
  name: string,
  folder: string,
  reading: RecordingOptions & { most?: number },
  progress: Progress,
): Promise<FolderInspection> {
  const label = `reading ${name}`
  return inspectFolder(name, folder, { ...reading, progress: (done, total) => progress.update({ label, done, total }) })
}

function fileText({ file, format, kind, bytes, ...found }: FileInspection): string {
  const { events, shape, records, labels, arrays, members, notes } = found
  return linesText([
    ['file', file],
    ['format', `${format}, ${kind}, ${counted(bytes, 'byte')}`],
    ...(records === undefined ? [] : [['records', String(records)] as const]),
    ...(shape ? [['shape', shape.join(' x ')] as const] : []),
    ...(labels ? [['labels', countsText(labels)] as const] : []),
    ...(members === undefined ? [] : [['members', String(members)] as const]),
    ...Object.entries(arrays ?? {}).map(([name, sizes]) => [name, `[${sizes.join(', ')}]`] as const),
    ...(events
      ? ([
          ['events', `${events.events}: ${events.brighter} brighter, ${events.darker} darker`],
          ['sensor', `${events.width} x ${events.height}`],
          ['time', `${events.durationUs} us from ${events.firstUs} us on`],
        ] as const)
      : []),
    ...notes.map((note) => ['note', note] as const),
  ])
}

function folderText({ folder, dataset, split, train, test, notes }: FolderInspection): string {
  return linesText([
    ['folder', folder],
    ['data set', dataset],
    ['split', split ?? 'official'],
    ...sideLines('training', train),
    ...sideLines('test', test),
    ...notes.map((note) => ['note', note] as const),
  ])
}

function sideLines(name: string, side: SideInspection): (readonly [string, string])[] {
  const { records, shape, classes, members, recordings } = side
  return [
    [name, `${counted(records, 'record')}, ${shape.join(' x ')}, members ${members}`],
    ['  classes', countsText(classes)],
    ...(recordings
      ? ([
          ['  events', `${recordings.events}: ${recordings.brighter} brighter, ${recordings.darker} darker`],
          ['  of each', `${rangeText(recordings.eventsEach)} events, ${rangeText(recordings.durationUs)} us`],
        ] as const)
      : []),
  ]
}

function rangeText([least, mean, most]: readonly [number, number, number]): string {
  return `${least} to ${most} (mean ${mean})`
}

const mostShown = 12

function countsText(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts)
  const shown = entries.slice(0, mostShown).map(([name, count]) => `${name} ${count}`)
  const more = entries.length > mostShown ? `, and ${entries.length - mostShown} more` : ''
  return `${shown.join(', ')}${more}`
}

function linesText(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([name]) => name.length))
  return `${lines.map(([name, text]) => plainText(`${name.padEnd(width)}  ${text}`)).join('\n')}\n`
}
