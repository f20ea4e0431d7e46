import { containerOf } from '../domain/clearing-plan.ts'
import { causeOf } from '../domain/errors.ts'
import { launcherOf, type LaunchJob, type LaunchNode } from '../domain/launchers/launcher.ts'
import type { LaunchMark } from '../domain/launchers/launch-mark.ts'
import type { Mark, StepMarker } from '../domain/mark.ts'
import type { Model } from '../domain/model.ts'
import type { HostName } from '../domain/names.ts'
import { failure } from './failure.ts'
import type { Hold, Ready } from './held-locks.ts'
import { HostError, type Exit, type Hosts } from './hosts.ts'
import { runsByStatus } from './own-commands.ts'

/** One start of a model on hosts where nothing of it runs. */
export interface Start {
  readonly hosts: Hosts
  readonly model: Model
  /** Head first. */
  readonly nodes: readonly LaunchNode[]
  readonly mark: Mark
  readonly launchMark: LaunchMark
  readonly extraDockerArgs: string
  readonly say: (text: string) => void
}

/** launch-cluster.sh takes some seconds, docker run less; mods and a slow disk may take a minute. */
const launchLimitS = 180
/** A host's lock is held by nothing that takes longer, unless another launch is under way there. */
const lockWaitS = 25
/** What is needed on top to end a command that ran into its limit. */
const killS = 15

/**
 * Starts it on all its hosts: workers before the head, each by its own command; or by the head's command alone, which goes to the workers by itself. Returns when
 * it was seen to be there on every host. Fails with the launcher's own trouble; what was started is then the caller's to clear.
 */
export async function startModel(start: Start): Promise<void> {
  const { startedFrom } = launcherOf(start.model)
  if (startedFrom === 'head') {
    judge(start, 0, await fromHead(start))
  } else {
    const workers = start.nodes.map((_, rank) => rank).slice(1)
    // All of them end before anything is said: the clearing that follows must find no command under way.
    const ends = await Promise.allSettled(workers.map((rank) => onHost(start, rank)))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    await onHost(start, 0)
  }
  await Promise.all(start.nodes.map((node) => mustBeThere(start, node.host.name)))
}

/** One host's command under that host's own fence. */
async function onHost(start: Start, rank: number): Promise<void> {
  const { hosts, mark } = start
  const { name } = nodeOf(start, rank).host
  const argv = launcherOf(start.model).launch(jobOf(start, rank))
  start.say(`${name}: ${argv.join(' ')}`)
  const exit = await hosts.change(name, mark, argv, { limit_s: launchLimitS, marker: markerOf(start) })
  if (exit.kind === 'unknown') await settled(start, name, exit.reason)
  judge(start, rank, exit)
}

/**
 * The head's command under the locks of all hosts, taken in name order (ARBITER.md F2). Each worker's lock outlasts it by its own clock, whatever becomes of
 * us: a hold lasts longer than the head may wait for the word, and then run. One that was lost is looked after: nobody with a higher mark may have come between.
 */
async function fromHead(start: Start): Promise<Exit> {
  const { hosts, nodes, mark } = start
  const head = nodeOf(start, 0).host.name
  const argv = launcherOf(start.model).launch(jobOf(start, 0))
  const marker = markerOf(start)
  const patienceS = lockWaitS * nodes.length
  const holdS = patienceS + patienceS + launchLimitS + killS
  const begunAt = performance.now()
  const holds: { host: HostName; hold: Hold }[] = []
  let ready: Ready | null = null
  try {
    for (const host of nodes.map((node) => node.host.name).sort()) {
      if (host === head) ready = await hosts.ready(head, mark, argv, { limit_s: launchLimitS, wait_s: patienceS, marker })
      else holds.push({ host, hold: await hosts.hold(host, mark, { limit_s: holdS, wait_s: lockWaitS, marker }) })
    }
    const lost = holds.find(({ hold }) => hold.isLost)
    if (lost !== undefined) throw new HostError('host_command_unknown', lost.host, 'its lock was lost before the start')
    if (ready === null || performance.now() - begunAt > patienceS * 1000) throw new HostError('host_lock_timeout', head, 'the locks took too long')
    start.say(`${head}: ${argv.join(' ')}`)
    const exit = await ready.go()
    if (exit.kind === 'unknown') await settled(start, head, exit.reason)
    await release(start, holds)
    return exit
  } catch (error) {
    ready?.drop()
    await release(start, holds).catch(() => undefined) // what went wrong first is what is told; a hold ends by itself
    throw error
  }
}

async function release(start: Start, holds: readonly { host: HostName; hold: Hold }[]): Promise<void> {
  await Promise.all(
    holds.map(async ({ host, hold }) => {
      const { isLost } = hold
      await hold.release()
      if (!isLost) return
      start.say(`${host}: the connection that held its lock was lost meanwhile; looking`)
      await start.hosts.raiseFence(host, start.mark) // refused when somebody later came between
    }),
  )
}

/** The command may still run. Waiting for the host's lock settles it: afterwards what it starts is there, or never will be. */
async function settled({ hosts, mark, say }: Start, host: HostName, reason: string): Promise<void> {
  say(`${host}: it is not known how the launcher ended (${reason}); looking`)
  await hosts.raiseFence(host, mark)
}

function judge(start: Start, rank: number, exit: Exit): void {
  const { name } = nodeOf(start, rank).host
  for (const line of `${exit.stdout}\n${exit.stderr}`.split('\n'))
    if (line.trim() !== '') start.say(start.nodes.length > 1 ? `${name}: ${line}` : line)
  if (exit.kind !== 'exited') return
  const trouble = launcherOf(start.model).launchTrouble(exit)
  if (trouble === null) return
  throw failure(start.nodes.length > 1 ? { ...trouble, message: `${name}: ${trouble.message}` } : trouble)
}

/** A launcher's word counts for nothing: its container must be there, with our mark. What has none shows itself by its status, a moment later. */
async function mustBeThere(start: Start, host: HostName): Promise<void> {
  const { hosts, model, launchMark } = start
  if (launcherOf(model).commands !== null) {
    const runs = await runsByStatus(hosts, { model, hosts: start.nodes.map((node) => node.host.name), host, mark: launchMark })
    if (runs === null) throw failure(causeOf('launch_failed', `The status command of ${model.key} cannot be run on ${host}`))
    return
  }
  const facts = await hosts.facts(host)
  const ours = facts.containers.find(
    ({ name, mark }) =>
      name === model.container && mark?.swap === launchMark.swap && mark.fence === launchMark.fence && mark.step === launchMark.step,
  )
  if (ours !== undefined) return
  throw failure(causeOf('launch_failed', `The launcher ended, but there is no container ${model.container} of this swap on ${host}`))
}

const markerOf = ({ model, launchMark }: Start): StepMarker => {
  const { cluster, swap, fence, step, attempt } = launchMark
  return { cluster_id: cluster, swap, fence, step, attempt, model: model.key, container: containerOf(model) ?? '' }
}

const jobOf = ({ model, nodes, launchMark, extraDockerArgs }: Start, rank: number): LaunchJob => ({
  ...{ model, nodes, rank, extraDockerArgs },
  mark: launchMark,
})

function nodeOf({ nodes }: Pick<Start, 'nodes'>, rank: number): LaunchNode {
  const node = nodes[rank]
  if (node === undefined) throw new RangeError(`no node ${rank} of ${nodes.length}`)
  return node
}
