import type { Model } from '../../domain/model.ts'
import { Problem } from '../../domain/problem.ts'
import type { Swap } from '../../domain/swap.ts'
import type { PageData } from '../../views/page-data.ts'
import type { Control } from '../deps.ts'

/** Enough for the list and for the usual times that are told from it. */
const recentLimit = 50

/**
 * Reads all that the dashboard shows. A part that is down is told by `status.parts`; what it would have told is then shown as it was last known,
 * never as an error page.
 */
export function createPageReader(control: Control): () => Promise<PageData> {
  let models: readonly Model[] = []
  let recent: readonly Swap[] = []
  return async () => {
    const status = await control.readStatus()
    models = lastKnown(() => control.readModels(), models)
    recent = await lastKnownLater(async () => (await control.listSwaps({ limit: recentLimit })).swaps.filter(({ state }) => state === 'done'), recent)
    const running = status.swap?.swap_id
    const progress = running === undefined ? null : await lastKnownLater(async () => (await control.readSwap(running)).progress, null)
    return { status, models, recent, progress }
  }
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
