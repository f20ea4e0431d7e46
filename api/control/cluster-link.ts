import type { ConfigSource } from '../../config/load.ts'
import type { ClusterId } from '../../domain/names.ts'
import { Deletions } from '../temporal/deletions.ts'
import { Downloads } from '../temporal/downloads.ts'
import { Arbiter } from '../temporal/arbiter.ts'
import { Discoveries } from '../temporal/discoveries.ts'
import type { TemporalLink } from '../temporal/link.ts'
import { Health } from '../temporal/health.ts'
import { Looks } from '../temporal/looks.ts'
import { Restarts } from '../temporal/restarts.ts'
import { StorageLooks } from '../temporal/storage-looks.ts'
import { Schedules } from '../temporal/schedules.ts'
import { Swaps } from '../temporal/swaps.ts'
import { clusterOf } from './catalog.ts'

/** What can be asked about one cluster. */
export interface ClusterLink {
  readonly clusterId: ClusterId
  readonly arbiter: Arbiter
  readonly swaps: Swaps
  readonly looks: Looks
  readonly schedules: Schedules
  readonly restarts: Restarts
  readonly health: Health
  readonly storageLooks: StorageLooks
  readonly downloads: Downloads
  readonly deletions: Deletions
  readonly discoveries: Discoveries
}

/** The cluster that cluster.yaml names now. Kept between calls; made anew when the file names another. Throws as `clusterOf`. */
export function clusterLinks(link: TemporalLink, config: ConfigSource): () => ClusterLink {
  let current: ClusterLink | null = null
  return () => {
    const { clusterId } = clusterOf(config)
    if (current?.clusterId !== clusterId) {
      current = {
        clusterId,
        arbiter: new Arbiter(link, clusterId),
        swaps: new Swaps(link, clusterId),
        looks: new Looks(link, clusterId),
        schedules: new Schedules(link, clusterId),
        restarts: new Restarts(link, clusterId),
        health: new Health(link, clusterId),
        storageLooks: new StorageLooks(link, clusterId),
        downloads: new Downloads(link, clusterId),
        deletions: new Deletions(link, clusterId),
        discoveries: new Discoveries(link, clusterId),
      }
    }
    return current
  }
}
