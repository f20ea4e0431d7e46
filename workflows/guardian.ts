import { proxyActivities, setCurrentDetails } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { guardianSwapId, mostInARow, type Incident } from '../domain/guardian/incident.ts'
import { afterSwap } from '../domain/managed/swap-end.ts'
import { failed, ok, skipped, type RunEnd } from '../domain/managed/run-end.ts'
import { followedFor } from './managed/activities.ts'
import { insist, Patience } from './managed/patience.ts'

const retry = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' } as const
/** What happened must be known, however long that takes to be told. */
const telling: Pick<Activities, 'tellIncident' | 'tellGaveUp'> = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '24 hours',
  retry,
})
const asking: Pick<Activities, 'askGuardianSwap'> = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '30 minutes',
  retry,
})

/**
 * Sees to one incident: tells of it, and where the settings ask for it starts the model again, through the same gate as everybody. It waits while a reservation
 * or a swap is in its way, and ends without a word when somebody else has seen to it meanwhile. After two starts in a row it stops and says so.
 */
export async function guardian(incident: Incident): Promise<RunEnd> {
  const end = await see(incident)
  setCurrentDetails(`**${end.state}**: ${end.detail}`)
  return end
}

async function see(incident: Incident): Promise<RunEnd> {
  const wish = await telling.tellIncident(incident)
  if (!wish.act) return skipped(wish.why)
  const patience = new Patience({ when_refused: 'wait', wait_s: wish.patienceS })
  let nth = wish.nth
  for (let take = 1; ; take++) {
    const swapId = guardianSwapId(take === 1 ? incident.id : `${incident.id}-${take}`, nth)
    const answer = await insist(patience, () => asking.askGuardianSwap({ incident, swapId }))
    if (answer.kind === 'over') return skipped(answer.why)
    if (answer.kind === 'gave_up') return await giveUp(incident, answer.end.detail)
    const came = afterSwap(await followedFor(answer.limitS).followSwap({ clusterId: incident.clusterId, swapId: answer.swapId }))
    if (came.kind === 'end' && came.end.state === 'ok') return ok(came.end.detail, answer.swapId)
    const detail = came.kind === 'end' ? came.end.detail : came.detail
    if (came.kind === 'end' && ++nth > mostInARow) return await giveUp(incident, detail)
    if (!(await patience.mayAskAgain(null, detail))) return await giveUp(incident, detail)
  }
}

async function giveUp(incident: Incident, why: string): Promise<RunEnd> {
  await telling.tellGaveUp({ incident, why })
  return failed(why)
}
