import { cancellationSignal, heartbeat } from '@temporalio/activity'
import { ownPlaces } from '../../config/places.ts'
import type { DiscoverBody, Prepared, PrepareHost, VisitEnd, VisitStep } from '../../domain/discovery/visit.ts'
import type { ActivityDeps } from '../deps.ts'
import { withHeartbeats } from '../heartbeats.ts'
import { prepare } from './prepare.ts'
import { visit } from './visit.ts'

/** Looks at machines that are no hosts of the cluster yet, with the keys of the owner's own cluster: never those of the demo. */
export const createDiscoveryActivities = ({ places }: ActivityDeps) => ({
  async visitHost(body: DiscoverBody): Promise<VisitEnd> {
    let step: VisitStep = 'host_key'
    return await withHeartbeats(
      () => heartbeat({ step }),
      () =>
        visit(body, {
          keysDir: ownPlaces(places).keysDir,
          signal: cancellationSignal(),
          say: (next) => {
            step = next
            heartbeat({ step })
          },
        }),
    )
  },

  async prepareHosts(hosts: readonly PrepareHost[]): Promise<Prepared[]> {
    return await withHeartbeats(
      () => heartbeat(),
      () => Promise.all(hosts.map((host) => prepare(host, ownPlaces(places).keysDir))),
    )
  },
})
