import type { Model } from '../model.ts'
import type { HostDiscovery } from './discovery.ts'
import { proposeHosts } from './propose-hosts.ts'
import { proposeModels } from './propose-models.ts'
import { proposeServices } from './propose-services.ts'
import type { Proposal } from './proposal.ts'

/** What the owner's files have already. */
export interface Existing {
  /** Null before there is a cluster.yaml. */
  readonly cluster: {
    readonly clusterId: string
    readonly hosts: readonly { readonly name: string; readonly address: string; readonly port: number }[]
  } | null
  /** The whole catalog, shipped and own. */
  readonly models: Iterable<Model>
  /** Keys that models-overrides.yaml has. */
  readonly overridden: readonly string[]
  readonly services: readonly { readonly name: string; readonly host: string | null; readonly port: number }[]
}

/** Out of what was found: entries for the owner's files, each with where it came from. Nothing that is there is taken away. */
export function propose(found: readonly HostDiscovery[], existing: Existing): Proposal {
  const { entries: hosts, named, remarks } = proposeHosts(found, existing)
  const models = proposeModels(named, existing)
  const services = proposeServices(named, existing)
  return {
    entries: [...hosts, ...models.entries, ...services],
    remarks: [...remarks, ...found.flatMap((host) => host.remarks.map((remark) => `${host.hostname ?? host.address}: ${remark}`)), ...models.remarks],
  }
}
