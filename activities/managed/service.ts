import { setTimeout as pause } from 'node:timers/promises'
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import { causeOf } from '../../domain/errors.ts'
import type { HostContainer, HostFacts } from '../../domain/host-facts.ts'
import { failed, ok, type RunEnd } from '../../domain/managed/run-end.ts'
import { runsAnew, serviceToRestart, type ServiceVerdict } from '../../domain/managed/service.ts'
import type { ClusterId, ContainerName, HostName } from '../../domain/names.ts'
import type { ScheduleId } from '../../domain/scheduling/schedule.ts'
import { servicesOf } from '../../config/services.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { failure, withFailures } from '../failure.ts'
import { withHeartbeats } from '../heartbeats.ts'
import type { Hosts } from '../hosts.ts'
import { actorOf, askGate, holderOf, refusedBy, viewOf, type Refused } from './gate.ts'

export interface ServiceRequest {
  readonly clusterId: ClusterId
  readonly host: HostName
  readonly container: ContainerName
}

export interface ServiceClaim extends ServiceRequest {
  readonly scheduleId: ScheduleId
  /** The run's own: a repeat gets the same claim. */
  readonly claimId: string
}

export interface ServiceRestart extends ServiceRequest {
  readonly fence: number
  /** What the look before the claim showed: a later start than this is ours. */
  readonly before: HostContainer
}

/** docker gives the service so long to end by itself. */
const graceS = 10
const restartLimitS = 60
const runsWithinMs = 15_000
const lookEveryMs = 500

/** A restart of something that is no model: a host operation through the gate (ARBITER.md G1), fenced like everything that changes a host. */
export const createServiceActivities = (deps: DepsWithArbiter) => ({
  /** Whether that container is there and may be restarted. Changes nothing. */
  lookAtService: (request: ServiceRequest): Promise<ServiceVerdict> => withFailures(() => verdictOn(deps, request)),

  /** Claims the host for this workflow, whose end frees it whatever becomes of the run (ARBITER.md E2). */
  async claimForService({ claimId, scheduleId, host, container }: ServiceClaim): Promise<{ kind: 'claimed'; fence: number } | Refused> {
    const answer = await askGate(deps, {
      type: 'claim',
      claimId,
      workflowId: activityInfo().workflowExecution?.workflowId ?? '',
      hosts: [host],
      holder: holderOf(scheduleId),
      purpose: `restart ${container}`,
      tokenHash: null,
      by: actorOf(scheduleId),
    })
    return answer.kind === 'claimed' ? { kind: 'claimed', fence: answer.fence } : refusedBy(answer, deps.arbiter.arbiterNow())
  },

  /** Restarts it under the claim's fence and looks that it runs. A second attempt that finds it started anew does not restart it again. */
  restartService: (request: ServiceRestart): Promise<RunEnd> =>
    withHeartbeats(
      () => heartbeat(),
      () => withFailures(() => restart(deps, request)),
    ),

  /** Safe to repeat. */
  async endServiceClaim({ claimId, scheduleId }: { claimId: string; scheduleId: ScheduleId }): Promise<void> {
    await askGate(deps, { type: 'end_claim', claimId, by: actorOf(scheduleId) })
  },
})

async function verdictOn(deps: DepsWithArbiter, { clusterId, host, container }: ServiceRequest): Promise<ServiceVerdict> {
  const { cluster, ...state } = deps.config.read()
  const models = state.kind === 'ready' ? [...state.models.values()].map((model) => model.container) : []
  const [facts, view] = await Promise.all([factsWithDocker(deps, { host, container }), viewOf(deps, clusterId)])
  return serviceToRestart({
    host,
    name: container,
    containers: facts.containers,
    deployments: view.deployments,
    modelContainers: cluster === null ? models : [...models, cluster.container],
  })
}

async function restart(deps: DepsWithArbiter, { clusterId, host, container, fence, before }: ServiceRestart): Promise<RunEnd> {
  const verdict = await verdictOn(deps, { clusterId, host, container })
  if (!verdict.ok) return failed(verdict.reason)
  if (!runsAnew(before, verdict.container)) {
    const mark = { clusterId, fence, step: 1, attempt: activityInfo().attempt }
    const argv = ['docker', 'restart', '--time', String(graceS), container]
    const exit = await hostsFor(deps, { host, container }).change(host, mark, argv, { limit_s: restartLimitS, signal: cancellationSignal() })
    // An exit that nobody heard of is no failure yet: whether it runs anew is looked at below.
    if (exit.kind === 'exited' && exit.code !== 0) return failed(`docker restart ${container} on ${host}: ${exit.stderr.trim().slice(0, 300)}`)
  }
  return await proof(deps, host, before)
}

/** It counts when two looks in a row see the same start: what ends at once and is started again by docker does not run. */
async function proof(deps: DepsWithArbiter, host: HostName, before: HostContainer): Promise<RunEnd> {
  const until = performance.now() + runsWithinMs
  let last: HostContainer | undefined
  for (;;) {
    const { containers } = await factsWithDocker(deps, { host, container: before.name })
    const now = containers.find((one) => one.name === before.name)
    if (runsAnew(before, now) && last !== undefined && now !== undefined && !runsAnew(last, now)) return ok(`${before.name} runs again on ${host}`)
    if (performance.now() >= until) return failed(`${before.name} on ${host} was restarted and does not run: it is ${now?.status ?? 'gone'}`)
    last = runsAnew(before, now) ? now : undefined
    await pause(lookEveryMs, undefined, { signal: cancellationSignal() })
  }
}

/** Its host, entered as the user that services.yaml names for it. */
function hostsFor(
  { hosts, config, log }: DepsWithArbiter,
  { host, container }: Pick<ServiceRequest, 'host' | 'container'>,
): Pick<Hosts, 'facts' | 'change'> {
  const { services, disabled } = servicesOf(config, log)
  const user = [...services, ...disabled].find((one) => one.host === host && one.container === container)?.sshUser ?? null
  return user === null ? hosts : hosts.as(user)
}

async function factsWithDocker(deps: DepsWithArbiter, service: Pick<ServiceRequest, 'host' | 'container'>): Promise<HostFacts> {
  const { host } = service
  const facts = await hostsFor(deps, service).facts(host, cancellationSignal())
  if (!facts.docker.ok) throw failure(causeOf('docker_missing', `${host}: ${facts.docker.detail}`))
  return facts
}
