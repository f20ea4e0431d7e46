import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import type { ConnectivityReport } from '../domain/connectivity.ts'
import type { DeepReport } from '../domain/services/deep-report.ts'
import type { HealthRequest } from './messages.ts'

// A worker that dies takes its questions with it; another asks them anew. Nobody waits longer for an answer on a page.
const asking: Pick<Activities, 'askDeeply' | 'tryHosts'> = proxyActivities<Activities>({
  scheduleToCloseTimeout: '1 minute',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '200ms', maximumAttempts: 3 },
})

/** A real question to everything that serves, for a person who asked for it. */
export const deepHealth = async ({ clusterId }: HealthRequest): Promise<DeepReport> => asking.askDeeply({ clusterId })

/** The way to every host, hop by hop. */
export const connectivity = async ({ clusterId }: HealthRequest): Promise<ConnectivityReport> => asking.tryHosts({ clusterId })
