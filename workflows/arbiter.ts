import { allHandlersFinished, CancellationScope, condition, makeContinueAsNewFunc, patched, setHandler, workflowInfo } from '@temporalio/workflow'
import { carriable, outboxOf } from '../domain/arbitration/outbox.ts'
import { viewOf, watchedIn } from '../domain/arbitration/view.ts'
import { keepDraining } from './arbiter/outbox.ts'
import { ArbiterShell } from './arbiter/shell.ts'
import { keepWatch } from './arbiter/watch.ts'
import { wakeWhenDue } from './arbiter/wake.ts'
import {
  arbiterOutbox,
  arbiterState,
  arbiterTaskTimeout,
  arbiterWatched,
  decide,
  forceReleaseByHand,
  swapEnded,
  swapPhase,
  type ArbiterRequest,
} from './messages.ts'

/** So many batches a run, well below the server's limit of 2,000 Updates. */
const usualBatches = 1_500
/** A worker that takes a run over reads all of it first, and must be done within the task's three seconds (A8): 1,800 events took 0.9 s of CPU, 4,000 took 2.5 s. */
const usualEvents = 1_500
/** A run that is over waits so long for the events that are just being written down. */
const drainPatience = '2s'

/**
 * The arbiter of one cluster: a singleton that lives for ever, one run after the other (ARBITER.md A1–A8). It decides nothing itself: domain/arbitration/ does.
 * Asked to cancel it goes on: an arbiter that ends leaves nobody to say who may swap.
 */
export async function gpuArbiter(request: ArbiterRequest): Promise<void> {
  const shell = new ArbiterShell(request)
  const { batchesARun = usualBatches } = request
  const eventsARun = patched('shorter-runs') ? usualEvents : Infinity
  let batches = 0
  setHandler(decide, (commands) => {
    batches += 1
    return shell.decide(commands)
  })
  setHandler(arbiterState, () => viewOf(shell.state))
  setHandler(arbiterOutbox, () => outboxOf(shell.state))
  setHandler(arbiterWatched, () => watchedIn(shell.state))
  setHandler(swapPhase, (told) => shell.take({ kind: 'swap_phase', ...told }))
  setHandler(swapEnded, (end) => shell.take({ kind: 'swap_ended', end }))
  setHandler(forceReleaseByHand, ({ hosts = null, reason, by = null }) => shell.take({ kind: 'forced_by_hand', hosts, reason, by }))

  await CancellationScope.nonCancellable(async () => {
    shell.begin()
    void keepWatch(shell)
    void wakeWhenDue(shell)
    const isOver = (): boolean => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= eventsARun || batches >= batchesARun
    void keepDraining(shell, () => !isOver())
    const mayContinue = (): boolean => shell.allConfirmed() && allHandlersFinished() // A7
    await condition(() => isOver() && mayContinue())
    // Two runs would have the same events written down at the same time; but nobody waits for a disk that is full.
    if (shell.isDraining) await condition(() => !shell.isDraining, drainPatience)
    await condition(mayContinue)
    await continueAsNew({ ...request, carried: carriable(shell.state) })
  })
}

const continueAsNew = makeContinueAsNewFunc<typeof gpuArbiter>({ workflowTaskTimeout: arbiterTaskTimeout })
