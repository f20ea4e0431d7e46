import { setTimeout as pause } from 'node:timers/promises'
import type { StoppedByCommand } from '../domain/clearing-plan.ts'
import { causeOf } from '../domain/errors.ts'
import { launcherOf, type LaunchJob } from '../domain/launchers/launcher.ts'
import type { LaunchMark } from '../domain/launchers/launch-mark.ts'
import type { Mark } from '../domain/mark.ts'
import type { Model } from '../domain/model.ts'
import type { HostName, SwapId } from '../domain/names.ts'
import type { Cleared } from './clear-host.ts'
import { isFatal } from './failure.ts'
import { HostError, type Hosts } from './hosts.ts'

/** A model that its owner's own commands start and stop, as one host sees it. */
export interface ByCommand extends StoppedByCommand {
  readonly host: HostName
  readonly mark: LaunchMark
}

const statusLimitS = 15
const stopLimitS = 120
const lookEveryMs = 200
const askAgainMs = 10_000
/** From here on a shell says that it could not run the command, or that it was killed. */
const cannotRun = 126

/** Whether it runs, by its own status command (0: it does); null when that could not be asked or could not be run, which proves nothing. */
export async function runsByStatus(hosts: Hosts, one: ByCommand): Promise<boolean | null> {
  const commands = launcherOf(one.model).commands
  if (commands === null) return null
  try {
    const exit = await hosts.look(one.host, commands.status(jobOf(hosts, one)), { limit_s: statusLimitS })
    if (exit.kind !== 'exited' || exit.code >= cannotRun) return null
    return exit.code === 0
  } catch (error) {
    if (error instanceof HostError && !isFatal(error)) return null
    throw error
  }
}

/**
 * Stops it by its own command, under the fence, until its status says that it does not run (once at the least, if this swap began it). Safe to repeat; what the stop command answers counts for nothing.
 * Throws HostError for what no retry mends.
 */
export async function stopByCommand(
  hosts: Hosts,
  one: ByCommand,
  mark: Mark,
  { limitS, say }: { readonly limitS: number; readonly say: (text: string) => void },
): Promise<Cleared> {
  const { host, model } = one
  const commands = launcherOf(model).commands
  if (commands === null) return { state: 'cleared', detail: 'nothing to stop by command', cause: null }
  const giveUpAt = performance.now() + limitS * 1000
  let askedAt = -Infinity
  let runs = one.begun === true ? null : await runsByStatus(hosts, one)
  while (runs !== false && performance.now() < giveUpAt) {
    if (performance.now() >= askedAt + askAgainMs) {
      say(`${host}: the stop command of ${model.key}`)
      await stopOnce(hosts, one, mark, say)
      askedAt = performance.now()
    } else await pause(lookEveryMs)
    runs = await runsByStatus(hosts, one)
  }
  if (runs === false) return { state: 'cleared', detail: `${model.key} does not run`, cause: null }
  const detail = runs === true ? `${model.key} still runs, by its status command` : `the status command of ${model.key} cannot be run`
  return { state: 'unproven', detail, cause: causeOf('stop_unproven', `${host}: ${detail}`) }
}

async function stopOnce(hosts: Hosts, one: ByCommand, mark: Mark, say: (text: string) => void): Promise<void> {
  const commands = launcherOf(one.model).commands
  if (commands === null) return
  try {
    const exit = await hosts.change(one.host, mark, commands.stop(jobOf(hosts, one)), { limit_s: stopLimitS })
    for (const line of `${exit.stdout}\n${exit.stderr}`.split('\n')) if (line.trim() !== '') say(`${one.host}: ${line}`)
  } catch (error) {
    if (!(error instanceof HostError) || isFatal(error)) throw error
    say(`${one.host}: ${error.message}`)
  }
}

/** Its own commands know where things are: nothing of our layout is in their words. */
function jobOf(hosts: Hosts, { model, hosts: on, host, mark }: ByCommand): LaunchJob {
  const nodes = on.map((name) => ({ host: hosts.host(name), home: '', features: null }))
  return { model, mark, extraDockerArgs: '', nodes, rank: Math.max(0, on.indexOf(host)) }
}

export const markOf = (step: { clusterId: string; swapId: SwapId; fence: number; step: number }, attempt: number, model: Model): LaunchMark => ({
  ...{ cluster: step.clusterId, swap: step.swapId, fence: step.fence, step: step.step, attempt, model: model.key },
  ...(model.port == null ? {} : { port: model.port }),
})
