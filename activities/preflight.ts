import { CancelledFailure, activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import type { ArbiterView } from '../domain/arbitration/command.ts'
import { clearingPlan, goalOn, type ClearingPlan } from '../domain/clearing-plan.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { Cause } from '../domain/errors.ts'
import type { HostFacts } from '../domain/host-facts.ts'
import { jointChecks } from '../domain/joint-checks.ts'
import { arbiterWorkflowId, type HostName } from '../domain/names.ts'
import { firstTrouble, targetChecks, type TargetLook } from '../domain/preflight.ts'
import { owed } from '../domain/restore.ts'
import { planCommands } from '../domain/swap-plan.ts'
import type { PreflightInput } from '../domain/swap-snapshot.ts'
import type { CheckResult, PlanReport } from '../domain/swap.ts'
import type { ActivityDeps } from './deps.ts'
import { withHeartbeats } from './heartbeats.ts'
import { createSnapshotActivities } from './snapshot.ts'
import { withSwapLog } from './swap-log.ts'
import { lookAtTarget } from './target-look.ts'

export interface PreflightReport {
  readonly checks: readonly CheckResult[]
  /** The first failed check's; null when all passed. */
  readonly cause: Cause | null
}

interface Looked {
  readonly plan: ClearingPlan
  readonly looks: readonly TargetLook[]
  readonly checks: CheckResult[]
}

export interface CheckInput {
  readonly clusterId: string
  readonly model: string | null
  readonly hosts: readonly HostName[]
  readonly onFailure: 'restore' | 'leave'
  readonly ignoreEstimate?: boolean
}

export const createPreflightActivities = (deps: ActivityDeps) => ({
  /** All checks before anything is touched. What a check finds is in the report; it throws only when cancelled. */
  preflight: (input: PreflightInput & { swapId: string; fence: number }): Promise<PreflightReport> =>
    withSwapLog(deps.places.logsDir, input.swapId, 'preflight', (log) =>
      withHeartbeats(
        () => heartbeat({ percent: null, stage: 'preflight', lastLines: [], log_offset: log.offset }),
        async () => {
          log.write(
            `checks for ${input.snapshot.model?.key ?? 'an unload'} on ${input.hosts.join(', ')}, fence ${input.fence}, attempt ${activityInfo().attempt}`,
          )
          const { checks } = await lookAtAll(deps, input, input.fence)
          if (cancellationSignal().aborted) throw new CancelledFailure('cancelled before anything was touched')
          for (const { host, check, ok, detail } of checks) log.write(`${ok ? 'ok' : 'FAILED'} ${host === null ? '' : `${host} `}${check}: ${detail}`)
          return { checks, cause: firstTrouble(checks) }
        },
      ),
    ),

  /** A dry run: the same checks, and the exact commands. Touches nothing, also no log and no arbiter. */
  planSwap: async (input: CheckInput): Promise<PlanReport> => {
    const snapshot = await createSnapshotActivities(deps).takeSnapshot(input.model, 0)
    const displaced = await displacedOn(deps, input)
    const affectedHosts = [...new Set([...input.hosts, ...displaced.flatMap((deployment) => deployment.hosts)])].sort()
    const { plan, looks, checks } = await lookAtAll(deps, { ...input, swapId: null, snapshot, affectedHosts, displaced }, null)
    const planned = plan.hosts.flatMap((clear) => {
      const { facts = null, features = null } = looks.find((look) => look.host === clear.host) ?? {}
      if (facts === null) return []
      return [{ host: deps.hosts.host(clear.host), facts, features, clear, goal: goalOn(plan, clear, facts.memTotalBytes) }]
    })
    const restorable = owed(displaced, input.onFailure)
    return {
      model: input.model,
      hosts: [...input.hosts],
      ok: checks.every((check) => check.ok),
      checks,
      previous: displaced.map((deployment) => ({
        model: deployment.model,
        hosts: deployment.hosts,
        restorable: owed([deployment], 'restore').length > 0,
      })),
      plan: planCommands(
        planned,
        snapshot.model === null ? null : { model: snapshot.model, hosts: input.hosts },
        restorable,
        snapshot.extraDockerArgs,
      ),
    }
  },
})

async function lookAtAll(deps: ActivityDeps, input: PreflightInput, fence: number | null): Promise<Looked> {
  const { model, memoryFloorGib } = input.snapshot
  const plan = clearingPlan({ ...input, model, memoryFloorGib })
  const checks: CheckResult[] = []
  const looks = await Promise.all(
    plan.hosts.map((clear) => {
      const goalFor = (facts: HostFacts) => goalOn(plan, clear, facts.memTotalBytes)
      const target = { clusterId: input.clusterId, clear, model: clear.target ? model : null, hosts: input.hosts, goalFor }
      return lookAtTarget(deps.hosts, target, cancellationSignal())
    }),
  )
  plan.hosts.forEach((clear, i) => {
    const look = looks[i]
    if (look === undefined) return
    if (clear.target)
      checks.push(
        ...targetChecks(look, {
          model,
          goal: goalOn(plan, clear, look.facts?.memTotalBytes ?? null),
          displaced: input.displaced,
          memoryFloorGib,
          fence,
          hosts: input.hosts.length,
          ignoreEstimate: input.ignoreEstimate === true,
        }),
      )
    else checks.push(asideCheck(look))
  })
  if (model !== null) checks.push(...jointChecks(model, input.hosts, looks))
  checks.push(...input.displaced.flatMap((deployment) => restoreCheck(deployment, input.onFailure)))
  return { plan, looks, checks }
}

/** A host that only loses its part of a displaced deployment may be off: it is quarantined until it is back (ARBITER.md E5). */
const asideCheck = (look: TargetLook): CheckResult => ({
  host: look.host,
  check: 'reach',
  ok: true,
  detail: look.trouble === null ? 'the host answers' : `${look.trouble.message}: it goes into quarantine`,
  cause: null,
})

/** Said beforehand: what nobody can put back. */
function restoreCheck(deployment: Deployment, onFailure: 'restore' | 'leave'): CheckResult[] {
  if (onFailure === 'leave' || owed([deployment], onFailure).length > 0) return []
  const name = deployment.model ?? 'an unknown model'
  const why = deployment.whyNot ?? (deployment.adopted ? 'it was not started by Spark Control' : 'it was never validated')
  return [
    {
      host: deployment.hosts[0] ?? null,
      check: 'restore',
      ok: true,
      detail: `${name} on ${deployment.hosts.join(', ')} cannot be put back: ${why}`,
      cause: null,
    },
  ]
}

/** What the arbiter knows on these hosts. An arbiter that does not answer is a reason for the dry run to fail, not to guess. */
async function displacedOn({ client }: ActivityDeps, { clusterId, hosts }: CheckInput): Promise<Deployment[]> {
  const view = await client.workflow.getHandle(arbiterWorkflowId(clusterId)).query<ArbiterView>('state')
  return view.deployments.filter((deployment) => deployment.hosts.some((host) => hosts.includes(host)))
}
