import { cancellationSignal, heartbeat } from '@temporalio/activity'
import { skipped, type RunEnd } from '../../domain/managed/run-end.ts'
import { sweepEnd } from '../../domain/managed/sweep.ts'
import type { ClusterId, HostName } from '../../domain/names.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { withHeartbeats } from '../heartbeats.ts'
import { viewOf } from './gate.ts'
import { lookAtHost } from './look.ts'

export interface SweepRequest {
  readonly clusterId: ClusterId
  /** null: all hosts of the cluster */
  readonly hosts: readonly HostName[] | null
}

export const createSweepActivities = (deps: DepsWithArbiter) => ({
  /** Looks at every host and its model port, and says all that is wrong. Changes nothing and asks for no completion. */
  sweepHealth: ({ clusterId, hosts }: SweepRequest): Promise<RunEnd> =>
    withHeartbeats(
      () => heartbeat(),
      async () => {
        const wanted = hosts ?? deps.config.read().cluster?.hosts.map((host) => host.name) ?? []
        if (wanted.length === 0) return skipped('there is no host')
        const swept = await Promise.all(wanted.map(async (host) => ({ host, ...(await lookAtHost(deps.hosts, host, cancellationSignal())) })))
        return sweepEnd(swept, await viewOf(deps, clusterId))
      },
    ),
})
