import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { keptLines, lastWordsText } from '../domain/engine-log/last-words.ts'
import { lastLogs } from '../domain/launchers/container.ts'
import type { HostName } from '../domain/names.ts'
import { isLastWords } from '../domain/swap-log.ts'
import type { Hosts } from './hosts.ts'

/** All of them together: beyond it the oldest go. */
const mostBytes = 200_000_000

/** Where the last words of a container are kept; `containerId` is docker's, for two containers of one swap may have one name. */
export type LastWordsPlace = (host: HostName, container: string, containerId: string) => string

/**
 * Keeps the log of a container that is about to go: a `--rm` container takes it along. A later look at the same container replaces what an earlier one kept.
 * What is wrong with our own disk is returned in words and stops nobody. Throws HostError.
 */
export async function keepLastWords(hosts: Hosts, host: HostName, container: { name: string; id: string }, file: string): Promise<string | null> {
  const exit = await hosts.look(host, lastLogs(container.name, keptLines))
  if (exit.kind !== 'exited' || exit.code !== 0) return null
  const text = lastWordsText(`${exit.stdout}\n${exit.stderr}`)
  if (text === '') return null
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
    await forgetOldest(dirname(file), mostBytes)
    return null
  } catch (error) {
    return `the last words of ${container.name} on ${host} could not be kept: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** Of the last words in a folder the oldest, until what is left is no more than `most` bytes. Whoever else does the same at that time does no harm. */
export async function forgetOldest(folder: string, most: number): Promise<void> {
  const names = (await readdir(folder)).filter(isLastWords)
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const known = await stat(path).catch(() => null)
      return known === null ? null : { path, bytes: known.size, at: known.mtimeMs }
    }),
  )
  let kept = 0
  for (const file of files.filter((one) => one !== null).sort((a, b) => b.at - a.at)) {
    kept += file.bytes
    if (kept > most) await rm(file.path, { force: true })
  }
}
