import { cancellationSignal, Context, heartbeat } from '@temporalio/activity'
import { WorkflowNotFoundError, type Client } from '@temporalio/client'
import type { HostSurvey } from '../domain/arbitration/host-survey.ts'
import { nothingBeyond, ownContainer, recognise } from '../domain/arbitration/recognised.ts'
import type { Found } from '../domain/arbitration/recovery.ts'
import { foundSwap } from '../domain/arbitration/swap-memo.ts'
import { nothingYet } from '../domain/clearing.ts'
import type { Mark } from '../domain/mark.ts'
import { swapWorkflowId, type ClusterId, type ContainerName, type HostName } from '../domain/names.ts'
import { clearHost } from './clear-host.ts'
import type { ActivityDeps } from './deps.ts'
import { withHeartbeats } from './heartbeats.ts'
import { HostError } from './hosts.ts'
import { registeredAttributes } from './search-attributes.ts'
import { lastWordsIn } from './swap-log.ts'
import { lookBeyond } from './survey-beyond.ts'

export interface SurveyRequest {
  readonly clusterId: ClusterId
  readonly host: HostName
  readonly surveyId: string
  readonly fence: number
  /** Containers to stop with proof: what is left of a displaced deployment on a host in quarantine (ARBITER.md E5). */
  readonly remnants: readonly ContainerName[]
}

const clearLimitS = 90

/** How the arbiter learns what is there. Nothing here decides; a host that can't be seen is an answer, not a failure. */
export const createSurveyActivities = (deps: ActivityDeps) => ({
  /** The hosts of cluster.yaml, and the open swaps of an earlier arbiter. Fails while cluster.yaml can't be read. */
  async findSwaps(clusterId: ClusterId): Promise<Found> {
    const { client, config } = deps
    const { cluster } = config.read()
    if (cluster?.clusterId !== clusterId) throw new Error(`cluster.yaml does not tell the hosts of ${clusterId}`)
    const open = client.workflow.list({ query: `WorkflowId STARTS_WITH '${swapWorkflowId(clusterId, '')}' AND ExecutionStatus = 'Running'` })
    const swaps = []
    for await (const { workflowId } of open) {
      const found = foundSwap(await memoOf(client, workflowId))
      if (found !== null) swaps.push(found)
    }
    return { hosts: cluster.hosts.map((host) => host.name), registeredAttributes: await registeredAttributes(client), swaps }
  },

  /** Raises the host's fence, so that nothing earlier has an effect any more; clears it where asked; then looks what it holds (E4). */
  surveyHost: (request: SurveyRequest): Promise<HostSurvey> =>
    withHeartbeats(
      () => heartbeat(),
      () => Promise.race([survey(deps, request), Context.current().cancelled]),
    ),
})

async function survey(deps: ActivityDeps, request: SurveyRequest): Promise<HostSurvey> {
  const { hosts, config } = deps
  const { clusterId, host } = request
  const nothing = { host, fence: 0, foreignCluster: null, deployment: null, strays: [] }
  try {
    const { fence: stored } = await hosts.marker(host)
    if (stored !== null && stored.cluster_id !== clusterId)
      return {
        ...nothing,
        reachable: true,
        cause: `it belongs to the cluster ${stored.cluster_id}`,
        code: 'foreign_cluster',
        foreignCluster: stored.cluster_id,
      }
    const mark: Mark = { clusterId, fence: Math.max(request.fence, (stored?.fence ?? 0) + 1), step: 0, attempt: 1 }
    await hosts.raiseFence(host, mark, cancellationSignal())
    const trouble = request.remnants.length === 0 ? null : await clear(deps, request, mark)
    const facts = await hosts.facts(host, cancellationSignal())
    const own = ownContainer(facts, clusterId)
    const swapId = own?.mark.swap ?? (facts.marker?.cluster_id === clusterId ? facts.marker.swap : null)
    const memo = swapId === null ? null : await memoOf(deps.client, swapWorkflowId(clusterId, swapId))
    const known = hosts.host(host)
    const usual = known.container ?? config.read().cluster?.container ?? ''
    const asked = { clusterId, host, facts, usual, memo, signal: cancellationSignal() }
    const beyond = own === null ? await lookBeyond(deps, asked) : nothingBeyond
    const { deployment, strays } = recognise(facts, { clusterId, host: known, container: usual }, memo, beyond)
    return { ...nothing, reachable: true, cause: trouble, code: trouble === null ? null : 'stop_unproven', fence: mark.fence, deployment, strays }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return { ...nothing, reachable: false, cause: error.message, code: error.code }
  }
}

/** Null once the stop is proven. */
async function clear(deps: ActivityDeps, { clusterId, host, remnants }: SurveyRequest, mark: Mark): Promise<string | null> {
  const target = { host, target: true, head: true, containers: remnants, stopGraceS: 10 }
  const plan = { clusterId, hosts: [target], makeRoomFor: null, memoryFloorGib: 0 }
  const lastWords = lastWordsIn(deps.places.logsDir, `quarantine-${host}`)
  const say = (text: string): void => deps.log.info({ host }, text)
  const job = { hosts: deps.hosts, plan, mark, limitS: clearLimitS, lastWords, say, remember: () => undefined }
  const cleared = await clearHost(job, target, nothingYet)
  return cleared.state === 'cleared' ? null : cleared.detail
}

/** Null when the workflow is long gone. */
async function memoOf(client: Client, workflowId: string): Promise<unknown> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).memo
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null
    throw error
  }
}
