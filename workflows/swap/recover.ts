import { CancellationScope, patched } from '@temporalio/workflow'
import { clearingPlan, withRoomFor } from '../../domain/clearing-plan.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { causeOf } from '../../domain/errors.ts'
import { leftOn, outcomeOf, owed, putBack, type HostState, type Restorable } from '../../domain/restore.ts'
import type { LeftWith, Outcome } from '../../domain/swap.ts'
import { clearWithin, launchWithin, validateWithin, warmWithin } from './activities.ts'
import { placeOf, planOf } from './forward.ts'
import type { Granted, SwapRun } from './run.ts'
import { troubled, type Trouble } from './trouble.ts'

/** How a swap ended and what it leaves behind. */
export interface Ending {
  readonly outcome: Outcome
  readonly left: Readonly<Record<string, LeftWith>>
  readonly deployments: readonly Deployment[]
}

type States = Readonly<Record<string, HostState>>
interface Recovered {
  readonly states: States
  readonly served: readonly Deployment[]
  readonly restore: 'all' | 'some_failed' | null
}

/** The least time for a clean-up, also when the deadline is over: a box is not left in the dark to save half a minute. */
const leastMs = 30_000

/** After trouble: a proven stop of what was started, then everything back that was validated before, where that is asked for. */
export async function recover(run: SwapRun, trouble: Trouble): Promise<Ending> {
  const { granted, reached } = run
  if (reached === 'queue') return { outcome: outcomeOf({ ...nothingDone, reached, trouble: trouble.kind }), left: {}, deployments: [] }
  const displaced = granted?.displaced ?? []
  if (granted === null || reached === 'preflight' || untouched(run.states)) {
    const left = leftOn(run.record.affected_hosts, {}, displaced)
    return { outcome: outcomeOf({ ...nothingDone, reached, trouble: trouble.kind }), left, deployments: displaced }
  }
  const owing = owed(displaced, run.request.onFailure)
  const { states, served, restore } = await cleanUpAndRestore(run, granted, owing)
  const unproven = granted.hosts.some((host) => states[host] !== 'cleared')
  const left = leftOn(granted.affectedHosts, states, displaced)
  for (const host of served.flatMap((deployment) => deployment.hosts)) left[host] = 'previous'
  return {
    outcome: outcomeOf({ trouble: trouble.kind, reached, touched: true, owedAny: owing.length > 0, restore, unproven }),
    left,
    deployments: served,
  }
}

const nothingDone = { touched: false, owedAny: false, restore: null, unproven: false } as const

/** A stop that gave up before the first container: all is as it was. */
const untouched = (states: States | null): boolean =>
  states !== null && Object.values(states).every((state) => state === 'untouched' || state === 'unreachable')

async function cleanUpAndRestore(run: SwapRun, granted: Granted, owing: readonly Restorable[]): Promise<Recovered> {
  const recovered: { states: States; served: Deployment[]; restore: Recovered['restore'] } = {
    states: run.states ?? Object.fromEntries(granted.affectedHosts.map((host) => [host, 'unproven'])),
    served: [],
    restore: null,
  }
  const proven = run.reached === 'stop' && run.states !== null
  if (proven && (owing.length === 0 || !anyCanReturn(recovered.states, granted, owing))) return recovered
  try {
    await run.phase('restore', () =>
      CancellationScope.withTimeout(Math.max(leastMs, granted.deadlineAt - Date.now()), async () => {
        if (!proven) recovered.states = await cleanUp(run, granted, owing, recovered.states)
        if (owing.length === 0 ? !isClear(recovered.states, granted.hosts) : !anyCanReturn(recovered.states, granted, owing))
          throw troubled(causeOf('stop_unproven', 'What was started could not be proven stopped: nothing is launched on top of it'))
        if (owing.length === 0) return 'cleared; there is nothing to put back'
        const back = await Promise.all(owing.map((one) => restoreOne(run, granted, one, recovered.states)))
        recovered.served = back.flatMap((result) => (result.served === null ? [] : [result.served]))
        recovered.states = Object.assign({}, recovered.states, ...back.map((result) => result.states)) as States // each part is one
        recovered.restore = recovered.served.length === owing.length ? 'all' : 'some_failed'
        const failed = back.find((result) => result.served === null)
        if (failed !== undefined) throw failed.error
        return recovered.served.map(({ model, hosts }) => `${model ?? 'the previous model'} serves again on ${hosts.join(', ')}`).join('; ')
      }),
    )
  } catch {
    // The phase's record has it; the outcome follows from what is known of the hosts.
    if (owing.length > 0 && anyCanReturn(recovered.states, granted, owing)) recovered.restore ??= 'some_failed'
  }
  return recovered
}

const isClear = (states: States, hosts: readonly string[]): boolean => hosts.every((host) => states[host] === 'cleared')

/**
 * Whether anything can be put back. What is owed returns to its own hosts, so that those alone must be clear; a target beside them that could not be
 * proven is left to the arbiter. Swaps of before put nothing back then, and their histories say so.
 */
function anyCanReturn(states: States, { hosts }: Granted, owing: readonly Restorable[]): boolean {
  if (isClear(states, hosts)) return true
  return owing.some(({ deployment }) => isClear(states, deployment.hosts)) && patched('what-is-clear-is-put-back')
}

/** Proven stop of what this swap started, with room for what comes back. */
async function cleanUp(run: SwapRun, granted: Granted, owing: readonly Restorable[], before: States): Promise<States> {
  const { snapshot, hosts } = granted
  const next = owing.map(({ deployment, model }) => ({ model, hosts: deployment.hosts }))
  const plan = withRoomFor(planOf(run, granted, run.reached === 'launched' ? 'model' : 'displaced'), next)
  const reachable = plan.hosts.filter(({ host }) => before[host] !== 'unreachable')
  const report = await clearWithin(snapshot.limits, `Stop what was started on ${hosts.join(', ')}`).clearHosts({
    step: run.nextStep(granted.fence),
    phase: 'restore',
    plan: { ...plan, hosts: reachable },
    limitS: snapshot.limits.stopS,
    drain: null,
  })
  return { ...before, ...report.states }
}

interface Back {
  readonly served: Deployment | null
  readonly states: States
  readonly error: unknown
}

/** Puts one deployment back. When that fails it is cleared away again, so that its hosts are left empty rather than half started. */
async function restoreOne(run: SwapRun, granted: Granted, { deployment, model }: Restorable, states: States): Promise<Back> {
  const { snapshot, fence } = granted
  const limits = { ...snapshot.limits, launchS: model.launch_s, launchStallS: model.launch_stall_s }
  const { swapId, clusterId } = run.request
  const place = placeOf(deployment.hosts)
  if (!isClear(states, deployment.hosts))
    return { served: null, states: {}, error: troubled(causeOf('host_unreachable', `Not all of ${deployment.hosts.join(', ')} can be reached`)) }
  run.remember(model)
  try {
    const { memoryFloorGib, extraDockerArgs } = snapshot
    await launchWithin(limits, `Put ${model.key} back on ${deployment.hosts.join(', ')}`).launchModel({
      step: run.nextStep(fence),
      phase: 'restore',
      model,
      ...place,
      limits,
      memoryFloorGib,
      extraDockerArgs,
    })
    await warmWithin(limits, `First completion of ${model.key}`).warmUp({ swapId, phase: 'restore', model, ...place, limitS: limits.warmS })
    await validateWithin(limits, `Prove ${model.key}`).validate({ swapId, phase: 'restore', model, ...place, limitS: limits.validateS })
    return { served: putBack(deployment, swapId, fence, Date.now()), states: {}, error: null }
  } catch (error) {
    const plan = clearingPlan({
      clusterId,
      model,
      hosts: deployment.hosts,
      affectedHosts: deployment.hosts,
      displaced: [deployment],
      memoryFloorGib: 0,
      running: 'model',
    })
    const report = await clearWithin(limits, `Clear ${deployment.hosts.join(', ')}`)
      .clearHosts({ step: run.nextStep(fence), phase: 'restore', plan: withRoomFor(plan, []), limitS: limits.stopS, drain: null })
      .catch(() => null)
    const unknown: States = Object.fromEntries(deployment.hosts.map((name) => [name, 'unproven']))
    return { served: null, states: report?.states ?? unknown, error }
  }
}
