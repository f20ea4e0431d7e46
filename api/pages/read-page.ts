import type { Model } from '../../domain/model.ts'
import { Problem } from '../../domain/problem.ts'
import type { ScheduleList } from '../../domain/scheduling/schedule.ts'
import type { Status } from '../../domain/status.ts'
import type { Swap } from '../../domain/swap.ts'
import type { PageData } from '../../views/page-data.ts'
import type { Control } from '../deps.ts'

/** Enough for the list and for the usual times that are told from it. */
const listLimit = 50

/**
 * Reads all that the dashboard shows. A part that is down is told by `status.parts`; what it would have told is then shown as it was last known,
 * never as an error page.
 */
export function createPageReader(control: Control): () => Promise<PageData> {
  let models: readonly Model[] = []
  let listed: readonly Swap[] = []
  let planned: ScheduleList | null = null
  return async () => {
    models = lastKnown(() => control.readModels(), models)
    // together: where Temporal hangs, each of them waits for its own limit
    const [status, newest, schedules] = await Promise.all([
      control.readStatus(),
      lastKnownLater(async () => (await control.listSwaps({ limit: listLimit })).swaps, listed),
      lastKnownLater(() => control.schedules.list(), planned),
    ])
    listed = newest
    planned = schedules
    const running = await Promise.all(
      runningOf(status, listed).map(async (swap) => lastKnownLater(() => control.readSwap(swap.swap_id), { swap, progress: null })),
    )
    return {
      status,
      models,
      recent: listed.filter(({ state }) => state === 'done'),
      // one that ended while it was read is listed as ended at the next look
      running: running.filter(({ swap }) => swap.state === 'running'),
      schedules,
    }
  }
}

/** `status.swap` is the arbiter's word; further ones on other hosts are known from the list. */
function runningOf(status: Status, listed: readonly Swap[]): Swap[] {
  const first = status.swap === null ? [] : [status.swap]
  const others = listed.filter(({ swap_id, state }) => state === 'running' && swap_id !== status.swap?.swap_id)
  return [...first, ...others]
}

function lastKnown<T>(read: () => T, known: T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof Problem) return known
    throw error
  }
}

async function lastKnownLater<T>(read: () => Promise<T>, known: T): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Problem) return known
    throw error
  }
}
