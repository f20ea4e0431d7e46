import type { Deployment } from '../deployment.ts'
import type { HostFacts } from '../host-facts.ts'
import type { ClusterId, ContainerName, HostName } from '../names.ts'
import { deploymentOf } from './swap-memo.ts'

/** What a survey sees on a host, put in the arbiter's words (ARBITER.md E4). */
export interface Recognised {
  readonly deployment: Deployment | null
  readonly strays: readonly string[]
}

type Seen = Pick<HostFacts, 'containers' | 'portListening' | 'computeApps'>

/** The swap whose memo is worth reading: that of the running container with the highest fence. */
export const ownContainer = ({ containers }: Pick<Seen, 'containers'>, clusterId: ClusterId) =>
  containers
    .flatMap((container) => (container.running && container.mark?.cluster === clusterId ? [{ name: container.name, mark: container.mark }] : []))
    .sort((a, b) => b.mark.fence - a.mark.fence)[0] ?? null

/**
 * Ours by its mark; else adopted, when an unmarked container of the cluster's usual name serves on the model port. `servedId` is what `/v1/models` says there.
 * All else that looks like an engine is a stray: named, and left alone.
 */
export function recognise(
  facts: Seen,
  where: { readonly clusterId: ClusterId; readonly host: HostName; readonly container: ContainerName },
  memo: unknown,
  servedId: string | null,
): Recognised {
  const { clusterId, host } = where
  const own = ownContainer(facts, clusterId)
  const foreign = facts.containers.filter((one) => one.running && one.mark !== null && one.mark.cluster !== clusterId)
  const doubles = facts.containers.filter((one) => one.running && one.mark?.cluster === clusterId && one.name !== own?.name)
  const strays = [
    ...foreign.map((one) => `container ${one.name} of the cluster ${one.mark?.cluster ?? ''}`),
    ...doubles.map((one) => `container ${one.name} of swap ${one.mark?.swap ?? ''}`),
  ]
  if (own !== null) return { deployment: deploymentOf(own.mark, own.name, host, memo), strays }
  const unmarked = facts.containers.find((one) => one.running && one.mark === null && one.name === where.container)
  if (unmarked !== undefined && facts.portListening === true) return { deployment: adopted(unmarked.name, host, servedId), strays }
  if (facts.portListening === true) strays.push('something listens on the model port')
  if (foreign.length === 0) strays.push(...(facts.computeApps ?? []).map((app) => `GPU process ${app.pid} (${app.name})`))
  return { deployment: null, strays }
}

const adopted = (container: ContainerName, host: HostName, servedId: string | null): Deployment => ({
  model: servedId,
  hosts: [host],
  swapId: null,
  fence: 0,
  validatedAt: null,
  adopted: true,
  container,
  snapshot: null,
})
