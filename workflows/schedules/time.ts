import { ActivityCancellationType, isCancellation, proxyActivities } from '@temporalio/workflow'
import type { RegistryState } from '../../domain/scheduling/command.ts'
import type { createScheduleActivities } from '../../activities/schedules/keep-time.ts'

// A worker that dies takes its watch with it; after the heartbeat's time another goes on.
const { keepTime } = proxyActivities<ReturnType<typeof createScheduleActivities>>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '5s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
})

/** Keeps one watch on all due times, however many workers there are, until it is cancelled. */
export async function keepTimeForEver(state: () => RegistryState): Promise<never> {
  for (;;) {
    const { clusterId, watchedUntil } = state()
    try {
      await keepTime({ clusterId, watchedUntil })
    } catch (error) {
      if (isCancellation(error)) throw error // whatever else ended it, it is started anew
    }
  }
}
