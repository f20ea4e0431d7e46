import { attachment, commandAttachment, jointAttachment, type Attachment } from '../domain/attachment.ts'
import { nothingYet } from '../domain/clearing.ts'
import { clearingPlan } from '../domain/clearing-plan.ts'
import { causeOf } from '../domain/errors.ts'
import type { HostFacts } from '../domain/host-facts.ts'
import { launcherOf, type LaunchNode } from '../domain/launchers/launcher.ts'
import type { Mark } from '../domain/mark.ts'
import type { Model } from '../domain/model.ts'
import type { HostName } from '../domain/names.ts'
import type { StepOfSwap } from '../domain/swap-snapshot.ts'
import { clearOne, inStopOrder } from './clear-one.ts'
import { failure } from './failure.ts'
import { HostError, type Hosts } from './hosts.ts'
import type { LastWordsPlace } from './last-words.ts'
import { engineRuns } from './liveness.ts'
import { markOf, runsByStatus } from './own-commands.ts'
import { startModel } from './start.ts'

export interface Dispatch {
  readonly hosts: Hosts
  /** Head first. */
  readonly on: readonly HostName[]
  readonly model: Model
  readonly step: StepOfSwap
  readonly attempt: number
  readonly extraDockerArgs: string
  readonly memoryFloorGib: number
  readonly stopLimitS: number
  readonly say: (text: string) => void
  readonly lastWords: LastWordsPlace
}

interface SeenNode extends LaunchNode {
  readonly facts: HostFacts
}

/**
 * Starts the model on its hosts exactly once for this step, whatever an earlier attempt got done (ARBITER.md F5): what it started everywhere is attached to,
 * a half-made start is stopped with proof on every host and made anew. Fails with the launcher's trouble; what it started is then the caller's to clear.
 */
export async function dispatch(job: Dispatch): Promise<'launched' | 'attached'> {
  const { hosts, on, step, attempt, model } = job
  const mark: Mark = { clusterId: step.clusterId, fence: step.fence, step: step.step, attempt }
  if (attempt > 1) await outlast(job, mark)
  const seen = await Promise.all(on.map((host, rank) => lookAtNode(job, host, rank)))
  const decision = jointAttachment(await Promise.all(seen.map((node) => findOwn(job, node))))
  switch (decision.do) {
    case 'attach':
      job.say(`${on.join(', ')}: attached to the container ${model.container}, which this step had started already`)
      return 'attached'
    case 'refuse':
      throw failure(causeOf('container_name_taken', decision.because))
    case 'stop_first':
      await stopFirst(job, mark)
  }
  const { extraDockerArgs, say } = job
  await startModel({ ...{ hosts, model, mark, extraDockerArgs, say }, nodes: seen, launchMark: markOf(step, attempt, model) })
  return 'launched'
}

/**
 * Under the hosts' locks: when it returns, no command of an earlier attempt is still running, and none can begin any more. The head first: after it nothing
 * is left that what an earlier attempt holds on the workers could guard.
 */
async function outlast({ hosts, on, step }: Dispatch, mark: Mark): Promise<void> {
  const [head, ...workers] = on
  if (head !== undefined) await hosts.raiseFence(head, mark)
  await Promise.all(
    workers.map(async (worker) => {
      await hosts.endHolds(worker, step.fence)
      await hosts.raiseFence(worker, mark)
    }),
  )
}

async function lookAtNode({ hosts, model }: Dispatch, name: HostName, rank: number): Promise<SeenNode> {
  const launcher = launcherOf(model)
  const host = hosts.host(name)
  const facts = await hosts.facts(name)
  const probe = rank === 0 || launcher.startedFrom === 'each' ? launcher.probe(host, facts.home, model) : null
  if (probe === null) return { host, home: facts.home, features: null, facts }
  const exit = await hosts.look(name, probe)
  if (exit.kind === 'unknown') throw new HostError('host_command_unknown', name, exit.reason)
  return { host, home: facts.home, features: launcher.features(exit), facts }
}

async function findOwn({ hosts, model, step, on, attempt }: Dispatch, { host, facts }: SeenNode): Promise<Attachment> {
  const launcher = launcherOf(model)
  const identity = { clusterId: step.clusterId, swapId: step.swapId, fence: step.fence, step: step.step, container: model.container }
  if (launcher.commands !== null) {
    const runs = await runsByStatus(hosts, { model, hosts: on, host: host.name, mark: markOf(step, attempt, model) })
    return commandAttachment(facts.marker, identity, runs)
  }
  const there = facts.containers.some((container) => container.name === model.container)
  const runs = there && !launcher.containerIsEngine ? await engineRuns(hosts, host.name, model.container) : null
  const own = attachment(facts.containers, identity, launcher.containerIsEngine, runs)
  return own.do === 'refuse' ? { ...own, because: `${host.name}: a container ${model.container} appeared that this cluster did not start` } : own
}

async function stopFirst(job: Dispatch, mark: Mark): Promise<void> {
  const { on, model, step, memoryFloorGib } = job
  const { clusterId } = step
  const plan = clearingPlan({ clusterId, model, hosts: on, affectedHosts: on, displaced: [], memoryFloorGib, running: 'model' })
  job.say(`${on.join(', ')}: a start was cut short; it is stopped first`)
  const clearing = { ...job, plan, mark, limitS: job.stopLimitS, remember: () => undefined }
  const cleared = await inStopOrder(plan.hosts, (target) => clearOne(clearing, target, nothingYet, step))
  const trouble = cleared.find(({ cause }) => cause !== null)?.cause
  if (trouble != null) throw failure(trouble)
}
