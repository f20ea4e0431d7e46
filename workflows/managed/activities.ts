import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../../activities/index.ts'

const retry = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' } as const
const WAIT = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED

/** Questions that are answered within seconds, or not at all: worker and arbiter may be away for some minutes, and a run fails when they stay away. */
const answered = (summary: string): Activities =>
  proxyActivities<Activities>({
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: '10 minutes',
    cancellationType: WAIT,
    summary,
    retry: { ...retry, maximumAttempts: 100 },
  })

/** What a run did must be known, however long that takes to be told. */
const patiently = (summary: string): Activities =>
  proxyActivities<Activities>({
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: '24 hours',
    cancellationType: WAIT,
    summary,
    retry: { ...retry, maximumInterval: '1 minute' },
  })

/** Work that beats: a worker that dies is missed after seconds, and another goes on. */
const working = (limitS: number, summary: string): Activities =>
  proxyActivities<Activities>({
    scheduleToCloseTimeout: limitS * 1000,
    heartbeatTimeout: '10s',
    cancellationType: WAIT,
    summary,
    retry: { ...retry, maximumAttempts: 1000 },
  })

export const reading: Pick<Activities, 'readSchedule'> = answered('What does the schedule ask for?')
export const telling: Pick<Activities, 'tellRun'> = patiently('Tell the schedule registry')
export const asking: Pick<Activities, 'askManagedSwap' | 'dropSwap' | 'claimForService' | 'endServiceClaim' | 'lookAtService' | 'releaseStaleLocks'> =
  answered('Ask the arbiter')
export const followedFor = (limitS: number): Pick<Activities, 'followSwap'> => working(limitS, 'Follow the swap to its end')
export const workedFor = (limitS: number): Pick<Activities, 'restartService' | 'warmDeployments' | 'sweepHealth'> => working(limitS, 'Do it')
