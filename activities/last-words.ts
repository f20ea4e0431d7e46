import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { keptLines, lastWordsText } from '../domain/engine-log/last-words.ts'
import { lastLogs } from '../domain/launchers/container.ts'
import type { HostName } from '../domain/names.ts'
import type { Hosts } from './hosts.ts'

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
    return null
  } catch (error) {
    return `the last words of ${container.name} on ${host} could not be kept: ${error instanceof Error ? error.message : String(error)}`
  }
}
