import { ActivityFailure, CancelledFailure } from '@temporalio/workflow'
import type { nothingTouched as said } from '../../activities/stop.ts'
import type { Go } from '../../domain/arbitration/command.ts'
import { clearingPlan, type ClearingPlan } from '../../domain/clearing-plan.ts'
import { causeOf, errors } from '../../domain/errors.ts'
import type { Model } from '../../domain/model.ts'
import type { HostName } from '../../domain/names.ts'
import { clearWithin, launchWithin, preflightWithin, snapshots, turn, validateWithin, warmWithin } from './activities.ts'
import type { Granted, SwapRun } from './run.ts'
import { troubleOf, troubled } from './trouble.ts'

/** Preflight: the catalog as it is now, a wider grant where a displaced model reaches further, and every check. Nothing is touched. */
export async function checkAll(run: SwapRun, go: Go): Promise<string> {
  const snapshot = await snapshots.takeSnapshot(run.request.model, run.request.drainS)
  const wide = await reachAll(run, go)
  run.grant({ ...wide, snapshot })
  const { clusterId, swapId, onFailure, ignoreEstimate } = run.request
  const { checks, cause } = await preflightWithin(snapshot.limits, `Check ${wide.affectedHosts.join(', ')}`).preflight({
    ...wide,
    snapshot,
    clusterId,
    swapId,
    onFailure,
    ...(ignoreEstimate === true && { ignoreEstimate }),
  })
  if (cause !== null) throw troubled(cause)
  return `${checks.length} checks passed`
}

/** A displaced deployment that reaches beyond the granted hosts needs these as well (DESIGN.md §5). */
async function reachAll(run: SwapRun, go: Go): Promise<Go> {
  const beyond = go.displaced.flatMap((deployment) => deployment.hosts).filter((host) => !go.affectedHosts.includes(host))
  if (beyond.length === 0) return go
  const answer = await turn.askWider(run.request.swapId, [...new Set(beyond)])
  if (answer.kind === 'go') return answer.go
  throw troubled(answer.kind === 'refused' ? causeOf(answer.code, answer.message ?? undefined) : causeOf('busy', `No wider grant: ${answer.kind}`))
}

/** Stop: drain, stop, and proof on every target host that nothing is left and that there is room. */
export async function clear(run: SwapRun, granted: Granted): Promise<string> {
  const { onDrainTimeout, drainS } = run.request
  run.reached = 'stop'
  const heads = granted.displaced.flatMap((deployment) => deployment.hosts[0] ?? [])
  const clearing = clearWithin(granted.snapshot.limits, `Clear ${granted.affectedHosts.join(', ')}`).clearHosts({
    step: run.nextStep(granted.fence),
    phase: 'stop',
    plan: planOf(run, granted),
    limitS: granted.snapshot.limits.stopS,
    drain: { heads: [...new Set(heads)], limitS: drainS, onTimeout: onDrainTimeout, ports: portsOf(granted) },
  })
  const report = await clearing.catch((error: unknown) => {
    if (wasUntouched(error)) run.states = Object.fromEntries(granted.affectedHosts.map((host) => [host, 'untouched']))
    throw error
  })
  run.states = report.states
  if (report.cause !== null) throw troubled(report.cause)
  return sentence(report.details)
}

/** Cancelled, and the activity itself says that it had done nothing. A cancel without these words may come after an attempt that did. */
const wasUntouched = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof CancelledFailure && error.cause.details[0] === nothingTouched
const nothingTouched: typeof said = 'nothing_touched' // the activity's own word; a type keeps the two alike

/** Launch: an engine, on one host or on several, until it is healthy. */
export async function start(run: SwapRun, granted: Granted, model: Model): Promise<string> {
  run.reached = 'launched'
  try {
    return await launch(run, granted, model)
  } catch (error) {
    // Free memory as vLLM sees it may come back later than what the host says: once the gate passes again, it gets a second try.
    // An engine that ran out of memory by itself would only do so again.
    if (troubleOf(error, 'launch', false).cause.code !== 'gpu_memory_short') throw error
    const report = await clearWithin(granted.snapshot.limits, `Clear ${granted.affectedHosts.join(', ')}`).clearHosts({
      step: run.nextStep(granted.fence),
      phase: 'stop',
      plan: planOf(run, granted, 'model'),
      limitS: granted.snapshot.limits.stopS,
      drain: null,
    })
    run.states = report.states
    if (report.cause !== null) throw error
    return launch(run, granted, model)
  }
}

async function launch(run: SwapRun, granted: Granted, model: Model): Promise<string> {
  const { limits, memoryFloorGib, extraDockerArgs } = granted.snapshot
  const { detail } = await launchWithin(limits, `Launch ${model.key} on ${granted.hosts.join(', ')}`).launchModel({
    ...{ step: run.nextStep(granted.fence), phase: 'launch', model, ...placeOf(granted.hosts) },
    ...{ limits, memoryFloorGib, extraDockerArgs },
  })
  return detail
}

/** Warm: a real completion, so that kernels are compiled before anyone is told. */
export const firstAnswer = (run: SwapRun, { snapshot, hosts }: Granted, model: Model): Promise<string> =>
  warmWithin(snapshot.limits, `First completion of ${model.key}`).warmUp({
    swapId: run.request.swapId,
    phase: 'warm',
    model,
    ...placeOf(hosts),
    limitS: snapshot.limits.warmS,
  })

/** Validate: it is the model that was asked for, and it answers. */
export const proveModel = (run: SwapRun, { snapshot, hosts }: Granted, model: Model): Promise<string> =>
  validateWithin(snapshot.limits, `Prove ${model.key}`).validate({
    swapId: run.request.swapId,
    phase: 'validate',
    model,
    ...placeOf(hosts),
    limitS: snapshot.limits.validateS,
  })

/** What must be cleared away; `running` says what is there now, so that its workers are stopped before its head. */
export function planOf(
  run: SwapRun,
  { snapshot, hosts, affectedHosts, displaced }: Granted,
  running: 'displaced' | 'model' = 'displaced',
): ClearingPlan {
  const { model, memoryFloorGib } = snapshot
  return clearingPlan({ clusterId: run.request.clusterId, model, hosts, affectedHosts, displaced, memoryFloorGib, running })
}

/** Heads whose model serves on another port than its host's. */
const portsOf = ({ displaced }: Granted): Record<HostName, number> =>
  Object.fromEntries(displaced.flatMap(({ hosts, snapshot }) => (snapshot?.port == null ? [] : [[headOf(hosts), snapshot.port]])))

/** Head and workers, as the activities want them. */
export const placeOf = (hosts: readonly HostName[]): { host: HostName; workers: HostName[] } => ({ host: headOf(hosts), workers: hosts.slice(1) })

const headOf = (hosts: readonly HostName[]): HostName => {
  const [head] = hosts
  if (head === undefined) throw troubled(causeOf('unknown_host', errors.unknown_host.title))
  return head
}

const sentence = (details: Readonly<Record<HostName, string>>): string =>
  Object.entries(details)
    .map(([host, detail]) => `${host}: ${detail}`)
    .join('; ')
