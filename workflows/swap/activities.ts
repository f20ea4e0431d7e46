import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { Activities } from '../../activities/index.ts'
import type { SwapLimits } from '../../domain/swap-limits.ts'

/** Nothing is tried for ever: what counts is the time limit of each phase, and within it a few attempts. */
const retry = { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' } as const
const WAIT = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED

/** A worker that says nothing for so long is taken for dead, and another one goes on. */
const heartbeatTimeout = '10s'

/** Beyond an activity's own limit, for its last words. */
const graceS = 20

const within = (limitS: number, maximumAttempts: number, summary: string): Activities =>
  proxyActivities<Activities>({
    scheduleToCloseTimeout: (limitS + graceS) * 1000,
    heartbeatTimeout,
    summary,
    cancellationType: WAIT,
    retry: { ...retry, maximumAttempts },
  })

/**
 * A worker that hangs keeps the tasks that it had asked for, and each of them is missed only after a heartbeat timeout: for about a minute, until the
 * server gives its polls up, it may swallow one attempt after the other. That must not use up a phase that another worker could do.
 */
const attempts = 10

/** Each with its limit, and with what Temporal's page says of it. */
export const preflightWithin = ({ preflightS }: SwapLimits, summary: string): Pick<Activities, 'preflight'> => within(preflightS, attempts, summary)
export const clearWithin = ({ drainS, stopS }: SwapLimits, summary: string): Pick<Activities, 'clearHosts'> =>
  within(drainS + stopS + graceS, attempts, summary)
export const launchWithin = ({ launchS }: SwapLimits, summary: string): Pick<Activities, 'launchModel'> => within(launchS, attempts, summary)
export const warmWithin = ({ warmS }: SwapLimits, summary: string): Pick<Activities, 'warmUp'> => within(warmS, attempts, summary)
export const validateWithin = ({ validateS }: SwapLimits, summary: string): Pick<Activities, 'validate'> => within(validateS, attempts, summary)
export const planWithin = (limitS: number): Pick<Activities, 'planSwap'> =>
  proxyActivities<Activities>({ startToCloseTimeout: limitS * 1000, scheduleToCloseTimeout: limitS * 1000, retry: { ...retry, maximumAttempts: 2 } })

/** Questions to the arbiter: each call answers or fails within seconds. */
export const turn = proxyActivities<Activities>({
  startToCloseTimeout: '8s',
  scheduleToCloseTimeout: '60s',
  cancellationType: WAIT,
  retry: { ...retry, maximumAttempts: 12 },
}) satisfies Pick<Activities, 'askTurn' | 'askWider' | 'reportEnd'>

/** Outlasts an arbiter that is away for minutes. The swap's outcome is known to all before. */
export const tell: Pick<Activities, 'recordEvent'> = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '10m',
  retry,
})

/** Reads files alone and is quick: no round trip over the server. */
export const snapshots: Pick<Activities, 'takeSnapshot'> = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5s',
  retry: { ...retry, maximumAttempts: 3 },
})
