import { CancellationScope, condition, makeContinueAsNewFunc, setHandler, workflowInfo } from '@temporalio/workflow'
import { decideSchedules, freshRegistry } from '../domain/scheduling/registry.ts'
import { arbiterTaskTimeout, schedules, scheduling, type RegistryRequest } from './messages.ts'
import { keepTimeForEver } from './schedules/time.ts'

/** So many batches a run, well below the server's limit of 2,000 Updates. */
const usualBatches = 1_500

/**
 * The schedules of one cluster: a singleton that lives for ever, one run after the other. Decides nothing itself: domain/scheduling/registry.ts does. A fresh one finds
 * its schedules in Temporal's own. Asked to cancel it goes on.
 */
export async function scheduleRegistry(request: RegistryRequest): Promise<void> {
  const { clusterId, carried, batchesARun = usualBatches } = request
  let state = carried ?? freshRegistry(clusterId, Date.now())
  let batches = 0
  setHandler(scheduling, (batch) => {
    batches += 1
    const decision = decideSchedules(state, batch, Date.now())
    state = decision.state
    return decision.reply
  })
  setHandler(schedules, (knownVersion) => (knownVersion === state.version ? null : state))

  await CancellationScope.nonCancellable(async () => {
    const keeping = new CancellationScope({ cancellable: true })
    const kept = keeping.run(() => keepTimeForEver(() => state)).catch(() => undefined)
    await condition(() => workflowInfo().continueAsNewSuggested || batches >= batchesARun)
    // Whoever keeps the time says until when it looked, so that the next run knows that nothing was overlooked.
    keeping.cancel()
    await kept
    await continueAsNew({ ...request, carried: state })
  })
}

const continueAsNew = makeContinueAsNewFunc<typeof scheduleRegistry>({ workflowTaskTimeout: arbiterTaskTimeout })
