import { CancellationScope } from '@temporalio/workflow'
import { containerOf } from '../domain/clearing-plan.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { Cause } from '../domain/errors.ts'
import { leftOn, owed } from '../domain/restore.ts'
import { restoreLaunchS, restoreS } from '../domain/swap-limits.ts'
import type { Swap } from '../domain/swap.ts'
import { tell } from './swap/activities.ts'
import { checkAll, clear, firstAnswer, proveModel, start } from './swap/forward.ts'
import { recover, type Ending } from './swap/recover.ts'
import { SwapRun, type Granted } from './swap/run.ts'
import { troubleOf } from './swap/trouble.ts'
import { Orders } from './swap/turn.ts'
import type { SwapRequest } from './messages.ts'

/** One swap, from the queue to its end (DESIGN.md §5). Its record is its result; whatever happens, every affected host is accounted for in it. */
export async function swap(request: SwapRequest): Promise<Swap> {
  const run = new SwapRun(request)
  const orders = new Orders()
  let ending: Ending
  let cause: Cause | null = null
  let overdue = false
  try {
    const go = await orders.toldToGo(request)
    run.toldToGo(go)
    await run.phase('preflight', () => checkAll(run, go))
    const granted = grantOf(run)
    ending = await before(
      restoreStartsAt(run, granted),
      () => replace(run, granted),
      () => (overdue = true),
    )
  } catch (error) {
    const trouble = troubleOf(error, run.record.phase, overdue)
    cause = orders.withdrawal ?? trouble.cause
    ending = await CancellationScope.nonCancellable(() => recover(run, trouble))
  }
  await CancellationScope.nonCancellable(async () => {
    await run.arbiter.tellEnd({ swapId: request.swapId, ...ending }) // the arbiter knows before anyone is told (E1)
    run.ended(ending.outcome, ending.left, cause)
    await run.phase('notify', () => tellEveryone(run)).catch(() => undefined) // never changes the outcome
    run.publish()
  })
  return run.record
}

/** The old goes, the new comes, and is proven. */
async function replace(run: SwapRun, granted: Granted): Promise<Ending> {
  const { model } = granted.snapshot
  await run.phase('stop', () => clear(run, granted))
  if (model === null) return finished(run, granted, [])
  await run.phase('launch', () => start(run, granted, model))
  await run.phase('warm', () => firstAnswer(run, granted, model))
  await run.phase('validate', () => proveModel(run, granted, model))
  const { fence, hosts } = granted
  const { swapId } = run.request
  return finished(run, granted, [
    { model: model.key, hosts: [...hosts], swapId, fence, validatedAt: Date.now(), adopted: false, container: containerOf(model), snapshot: model },
  ])
}

function finished(run: SwapRun, { affectedHosts, hosts }: Granted, deployments: Deployment[]): Ending {
  const left = leftOn(affectedHosts, run.states ?? {}, [])
  if (deployments.length > 0) for (const host of hosts) left[host] = 'target'
  return { outcome: 'completed', left, deployments }
}

async function tellEveryone(run: SwapRun): Promise<string> {
  const { record } = run
  const outcome = record.outcome ?? 'failed'
  await tell.recordEvent({ swapId: record.swap_id, type: outcome === 'completed' ? 'swap_complete' : 'swap_failed', outcome, data: { swap: record } })
  return 'recorded'
}

/** The deadline leaves a restore its time: what comes before is cut short for it (ARBITER.md G9). */
function restoreStartsAt(run: SwapRun, { deadlineAt, displaced, snapshot }: Granted): number {
  const owing = owed(displaced, run.request.onFailure).map(({ model }) => model)
  const launchS = restoreLaunchS(owing, snapshot.usualLaunchS)
  return deadlineAt - restoreS({ ...snapshot.limits, launchS }) * 1000
}

/** Runs `body`, and cancels it at a moment; `late` says that it was the clock, and no person. */
async function before<T>(moment: number, body: () => Promise<T>, late: () => void): Promise<T> {
  const scope = new CancellationScope({ cancellable: true, timeout: Math.max(1_000, moment - Date.now()) })
  return scope.run(body).catch((error: unknown) => {
    if (Date.now() >= moment) late()
    throw error
  })
}

function grantOf(run: SwapRun): Granted {
  if (run.granted === null) throw new Error('preflight ended without a grant')
  return run.granted
}
