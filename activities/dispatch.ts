import { attachment, type Attachment } from '../domain/attachment.ts'
import type { ClearingPlan } from '../domain/clearing-plan.ts'
import { nothingYet } from '../domain/clearing.ts'
import { causeOf } from '../domain/errors.ts'
import type { HostFacts } from '../domain/host-facts.ts'
import { launcherOf, soloJob } from '../domain/launchers/launcher.ts'
import type { Mark } from '../domain/mark.ts'
import type { Model } from '../domain/model.ts'
import type { HostName } from '../domain/names.ts'
import type { StepOfSwap } from '../domain/swap-snapshot.ts'
import { clearHost } from './clear-host.ts'
import { engineRuns } from './engine-watch.ts'
import { failure } from './failure.ts'
import type { Hosts } from './hosts.ts'

export interface Dispatch {
  readonly hosts: Hosts
  readonly host: HostName
  readonly model: Model
  readonly step: StepOfSwap
  readonly attempt: number
  readonly extraDockerArgs: string
  readonly memoryFloorGib: number
  readonly stopLimitS: number
  readonly say: (text: string) => void
  readonly lastWords: (host: HostName, container: string) => string
}

/** launch-cluster.sh takes some seconds, docker run less; mods and a slow disk may take a minute. */
const launchLimitS = 180

/**
 * Starts the model on its host exactly once for this step, whatever an earlier attempt got done (ARBITER.md F5): its own container is attached to,
 * a half-made one is stopped with proof and made anew. Fails with the launcher's trouble; what it started is then the caller's to clear.
 */
export async function dispatch(job: Dispatch): Promise<'launched' | 'attached'> {
  const { hosts, host, step, attempt, model } = job
  const mark: Mark = { clusterId: step.clusterId, fence: step.fence, step: step.step, attempt }
  // Under the host's lock: when it returns, no command of an earlier attempt is still running, and none can begin any more.
  if (attempt > 1) await hosts.raiseFence(host, mark)
  const facts = await hosts.facts(host)
  switch ((await findOwn(job, facts)).do) {
    case 'attach':
      job.say(`${host}: attached to the container ${model.container}, which this step had started already`)
      return 'attached'
    case 'refuse':
      throw failure(causeOf('container_name_taken', `${host}: a container ${model.container} appeared that this cluster did not start`))
    case 'stop_first':
      await stopFirst(job, mark)
  }
  await launch(job, mark, facts.home)
  return 'launched'
}

async function findOwn(job: Dispatch, facts: HostFacts): Promise<Attachment> {
  const { step, model } = job
  const { containerIsEngine } = launcherOf(model)
  const identity = { clusterId: step.clusterId, swapId: step.swapId, fence: step.fence, step: step.step, container: model.container }
  const there = facts.containers.some((container) => container.name === model.container)
  const runs = there && !containerIsEngine ? await engineRuns(job.hosts, job.host, model.container) : null
  return attachment(facts.containers, identity, containerIsEngine, runs)
}

async function stopFirst(job: Dispatch, mark: Mark): Promise<void> {
  const { host, model, step } = job
  const launcher = launcherOf(model)
  const target = { host, target: true, head: true, containers: [model.container], stopGraceS: launcher.stopGraceS }
  const plan: ClearingPlan = { clusterId: step.clusterId, hosts: [target], makeRoomFor: model, memoryFloorGib: job.memoryFloorGib }
  job.say(`${host}: a start was cut short; it is stopped first`)
  const cleared = await clearHost({ ...job, plan, mark, limitS: job.stopLimitS, remember: () => undefined }, target, nothingYet)
  if (cleared.cause !== null) throw failure(cleared.cause)
}

async function launch(job: Dispatch, mark: Mark, home: string): Promise<void> {
  const { hosts, host, model, step, attempt } = job
  const launcher = launcherOf(model)
  const { clusterId, swapId, fence } = step
  const launchMark = { cluster: clusterId, swap: swapId, fence, step: step.step, attempt, model: model.key }
  const argv = launcher.launch(soloJob({ model, host: hosts.host(host), home, mark: launchMark, extraDockerArgs: job.extraDockerArgs }))
  const marker = { cluster_id: clusterId, swap: swapId, fence, step: step.step, attempt, model: model.key, container: model.container }
  job.say(`${host}: ${argv.join(' ')}`)
  const exit = await hosts.change(host, mark, argv, { limit_s: launchLimitS, marker })
  for (const line of `${exit.stdout}\n${exit.stderr}`.split('\n')) if (line.trim() !== '') job.say(line)
  if (exit.kind === 'exited') {
    const trouble = launcher.launchTrouble(exit)
    if (trouble !== null) throw failure(trouble)
  } else {
    // The command may still run. Waiting for the host's lock settles it: afterwards the container is there, or never will be.
    job.say(`${host}: it is not known how the launcher ended (${exit.reason}); looking`)
    await hosts.raiseFence(host, mark)
  }
  const facts = await hosts.facts(host)
  const ours = facts.containers.find(
    ({ name, mark: on }) => name === model.container && on?.swap === swapId && on.fence === fence && on.step === step.step,
  )
  if (ours === undefined) {
    throw failure(
      causeOf(
        'launch_failed',
        `The launcher ended, but there is no container ${model.container} of this swap on ${host}`,
        lastOf(exit.stdout, exit.stderr),
      ),
    )
  }
}

const lastOf = (...outputs: string[]): string | null => outputs.join('\n').trim().split('\n').at(-1)?.trim() ?? null
