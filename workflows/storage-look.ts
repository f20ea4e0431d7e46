import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import type { StorageLookRequest } from './messages.ts'

const asking: Pick<Activities, 'askStorage'> = proxyActivities<Activities>({
  startToCloseTimeout: '50s',
  scheduleToCloseTimeout: '1 minute',
  retry: { initialInterval: '200ms', maximumAttempts: 3 },
})

/** What hosts have on their disks, for a person who asked. */
export const storageLook = async ({ question }: StorageLookRequest) => asking.askStorage(question)
