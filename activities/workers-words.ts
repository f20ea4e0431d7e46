import { containerOf } from '../domain/clearing-plan.ts'
import { causeOfDeath } from '../domain/engine-failure.ts'
import { inOrder, readLogLine } from '../domain/engine-log.ts'
import type { Cause } from '../domain/errors.ts'
import { lastLogs } from '../domain/launchers/container.ts'
import type { HostName } from '../domain/names.ts'
import { HostError, type Hosts } from './hosts.ts'
import { lives, type LaunchedModel } from './liveness.ts'

const logLines = 400

/**
 * What the workers of a model that ended have to say: of one that is dead its own cause, for the head only knows that it is gone. Null when none of them
 * is known to be dead, or the head's own cause is a named one and no worker's is.
 */
export async function workersWords(hosts: Hosts, launched: LaunchedModel, ofHead: Cause): Promise<Cause | null> {
  const workers = launched.hosts.slice(1)
  const causes = await Promise.all(workers.map((host) => wordsOn(hosts, launched, host)))
  const dead = causes.filter((cause) => cause !== null)
  const named = dead.find(({ code }) => code !== 'engine_exited')
  return named ?? (ofHead.code === 'engine_exited' ? (dead[0] ?? null) : null)
}

async function wordsOn(hosts: Hosts, launched: LaunchedModel, host: HostName): Promise<Cause | null> {
  if ((await lives(hosts, launched, host)) !== false) return null
  const container = containerOf(launched.model)
  const cause = causeOfDeath(container === null ? [] : await logOf(hosts, host, container), 'engine_exited', `Its part on ${host} ended`)
  return cause.code === 'engine_exited' ? cause : { ...cause, message: `${host}: ${cause.message}` }
}

/** The last lines of a container's log, oldest first; none when it, or its host, is gone. */
export async function logOf(hosts: Hosts, host: HostName, container: string): Promise<string[]> {
  try {
    const exit = await hosts.look(host, lastLogs(container, logLines))
    if (exit.kind !== 'exited' || exit.code !== 0) return []
    return inOrder(`${exit.stdout}\n${exit.stderr}`).flatMap((line) => readLogLine(line).map(({ text }) => text))
  } catch (error) {
    if (error instanceof HostError) return []
    throw error
  }
}
