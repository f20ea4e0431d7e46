import { CancellationScope, proxyActivities } from '@temporalio/workflow'
import type { HostSurvey } from '../../domain/arbitration/host-survey.ts'
import type { Found } from '../../domain/arbitration/recovery.ts'
import type { SilentEnd } from '../../domain/arbitration/state.ts'
import type { ClusterId } from '../../domain/names.ts'
import type { createSurveyActivities, SurveyRequest } from '../../activities/survey.ts'

type Survey = ReturnType<typeof createSurveyActivities>
/** Its type is told here, because it belongs to the swap's activities. Idempotent by the swap's id. */
interface Record {
  recordEvent(event: { swapId: string; type: 'swap_failed'; outcome: SilentEnd['outcome'] }): Promise<void>
}

const retry = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' } as const

const memory = proxyActivities<Survey>({ startToCloseTimeout: '20s', retry })
const look = proxyActivities<Survey>({ startToCloseTimeout: '60s', heartbeatTimeout: '10s', retry })
const events = proxyActivities<Record>({ startToCloseTimeout: '20s', retry })

/** Each is tried until it answers: an arbiter has nothing better to do without it. */
export const findSwaps = (clusterId: ClusterId): Promise<Found> => CancellationScope.nonCancellable(() => memory.findSwaps(clusterId))

export const surveyHost = (request: SurveyRequest): Promise<HostSurvey> => CancellationScope.nonCancellable(() => look.surveyHost(request))

export const recordEnd = ({ swapId, outcome }: SilentEnd): Promise<void> =>
  CancellationScope.nonCancellable(() => events.recordEvent({ swapId, type: 'swap_failed', outcome }))
