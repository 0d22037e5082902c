import type { DataFolder, StoredFile } from '../files.ts'
import { readListed } from './folder-sets.ts'
import type { FrameCache } from './frame-cache.ts'
import { contentHash, linesHash } from './members-hash.ts'

/**
 * A file that was changed so shortly before it was hashed may change again without another time: the clocks of file
 * systems tick, some of them only every two seconds.
 */
const settledAfterMs = 3000

/**
 * Hashes of files by their bytes. A cache remembers them; what it says counts only for a file whose place on the disk,
 * size and times are what they were, and which had been at rest for a while when it was hashed.
 * @returns by path
 * @throws UsageError if a file is gone
 */
export async function contentHashes(
  folder: DataFolder,
  files: Iterable<StoredFile>,
  cache?: FrameCache,
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>()
  const distinct = new Map<string, StoredFile>()
  for (const file of files) {
    if (file.hash !== undefined) hashes.set(file.path, file.hash)
    else distinct.set(file.path, file)
  }
  if (distinct.size === 0) return hashes
  const name = `unchanged/${linesHash([folder.place, ...distinct.keys()])}.json`
  const known = await rememberedHashes(cache, name)
  // A cache that cannot be written may still hold frames: then nothing is remembered.
  const startMs = await cache?.clock?.().catch(() => undefined)
  const remembered: Record<string, string> = {}
  let news = 0
  for (const [path, { version }] of distinct) {
    const old = version && known.get(version.stamp)
    const hash = old ?? contentHash(await readListed(folder, path))
    hashes.set(path, hash)
    const settled = startMs !== undefined && version && version.changedMs + settledAfterMs < startMs
    if (old === undefined && settled) news++
    if (version && (old !== undefined || settled)) remembered[version.stamp] = hash
  }
  if (news > 0) await cache?.write(name, new TextEncoder().encode(JSON.stringify(remembered))).catch(() => {})
  return hashes
}

/** Hashes by stamps; none where the list is missing or damaged. */
async function rememberedHashes(cache: FrameCache | undefined, name: string): Promise<Map<string, string>> {
  const bytes = cache?.clock && (await cache.read(name))
  if (!bytes) return new Map()
  try {
    const entries = Object.entries(JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>)
    return new Map(
      entries.flatMap(([stamp, hash]) => (/^[0-9a-f]{16}$/.test(String(hash)) ? [[stamp, String(hash)]] : [])),
    )
  } catch {
    return new Map()
  }
}
