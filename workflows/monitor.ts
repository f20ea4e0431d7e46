import { CancellationScope, continueAsNew, proxyActivities } from '@temporalio/workflow'
import type { createMonitorActivities } from '../activities/monitor.ts'
import type { MonitorRequest } from './messages.ts'

// A worker that dies takes its looks with it; after this time another goes on.
const { watchHosts } = proxyActivities<ReturnType<typeof createMonitorActivities>>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '5s' },
})

const roundsARun = 24

/** Keeps one watch on the hosts, however many workers there are. Its looks are read from the activity's heartbeat and never enter history. */
export async function monitor(request: MonitorRequest): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    for (let round = 0; round < roundsARun; round++) await watchHosts({ clusterId: request.clusterId })
    await continueAsNew<typeof monitor>(request)
  })
}
