import { proxyActivities } from '@temporalio/workflow'
import type { createDiscoveryActivities } from '../activities/discovery/index.ts'
import type { Prepared, VisitEnd } from '../domain/discovery/visit.ts'
import type { DiscoverRequest, PrepareRequest } from './messages.ts'

const { visitHost, prepareHosts } = proxyActivities<ReturnType<typeof createDiscoveryActivities>>({
  startToCloseTimeout: '70s',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', maximumAttempts: 2 },
})

/** Looks at one machine that is no host of the cluster yet. How far it is stands in its activity's heartbeat. */
export async function discover({ host }: DiscoverRequest): Promise<VisitEnd> {
  return await visitHost(host)
}

/** Makes the place of the fence on hosts that were just chosen. */
export async function prepareForCluster({ hosts }: PrepareRequest): Promise<Prepared[]> {
  return await prepareHosts(hosts)
}
