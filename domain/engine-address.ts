import { baseUrlOf, type Host } from './cluster.ts'
import type { HostContainer } from './host-facts.ts'
import { portOf, type Model } from './model.ts'
import type { ClusterId } from './names.ts'

type Served = Pick<Model, 'port'>

/** Where a model answers on its head. With null, of what nobody knows the port: on its host's own. */
export const engineUrl = (host: Pick<Host, 'address' | 'vllmPort'>, model: Served | null): string =>
  baseUrlOf({ address: host.address, vllmPort: model === null ? host.vllmPort : portOf(model, host) })

/** The ports of these models on a host, each once; with none of them, the host's own. */
export const portsOf = (models: readonly (Served | null)[], host: Pick<Host, 'vllmPort'>): number[] => [
  ...new Set(models.length === 0 ? [host.vllmPort] : models.map((model) => (model === null ? host.vllmPort : portOf(model, host)))),
]

/**
 * Where what we started on a host serves, by its container's own mark, so that whoever looks need not know the deployment: the newest one's that runs.
 * Its host's port where the mark names none, and where nothing of ours runs.
 */
export function markedUrl(
  host: Pick<Host, 'address' | 'vllmPort'>,
  clusterId: ClusterId,
  containers: readonly Pick<HostContainer, 'running' | 'mark'>[],
) {
  const marks = containers.flatMap(({ running, mark }) => (running && mark?.cluster === clusterId ? [mark] : []))
  const newest = marks.sort((a, b) => b.fence - a.fence)[0]
  return engineUrl(host, { port: newest?.port ?? null })
}
