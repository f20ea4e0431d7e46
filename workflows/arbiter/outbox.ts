import { CancellationScope, condition, proxyActivities, sleep } from '@temporalio/workflow'
import type { createOutboxActivities } from '../../activities/outbox/drain-outbox.ts'
import type { ArbiterShell } from './shell.ts'

const { drainOutbox } = proxyActivities<ReturnType<typeof createOutboxActivities>>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
})

const afterFailure = '1s'

/** Has events written down as long as there are any (ARBITER.md A6), one activity at a time: it reads the entries itself, so that they cost no history. */
export async function keepDraining(shell: ArbiterShell, mayBegin: () => boolean): Promise<never> {
  for (;;) {
    await condition(() => shell.hasEvents() && mayBegin())
    shell.drains(true)
    const told = await CancellationScope.nonCancellable(() => drainOutbox({ clusterId: shell.state.clusterId })).catch(() => null)
    shell.drains(false)
    if (told === null) await sleep(afterFailure)
    else shell.take({ kind: 'drained', upTo: told.upTo })
  }
}
