import type { Adopted } from '../adoption/adopted-model.ts'
import type { Host } from '../cluster.ts'
import type { Deployment } from '../deployment.ts'
import type { ContainerMark, HostFacts } from '../host-facts.ts'
import type { ClusterId, ContainerName } from '../names.ts'
import { deploymentOf } from './swap-memo.ts'

/** What a survey sees on a host, put in the arbiter's words (ARBITER.md E4). */
export interface Recognised {
  readonly deployment: Deployment | null
  readonly strays: readonly string[]
}

type Seen = Pick<HostFacts, 'containers' | 'portListening' | 'computeApps'>

/** What is looked for beyond the facts, where no container of ours runs. */
export interface Beyond {
  /** What a swap started there by its owner's commands, if that still runs. */
  readonly byCommand: ContainerMark | null
  /** Engines in unmarked containers, each as it could be started again. */
  readonly adoptable: readonly Adopted[]
  /** What `/v1/models` says on the host's port. */
  readonly servedId: string | null
}

export const nothingBeyond: Beyond = { byCommand: null, adoptable: [], servedId: null }

interface Where {
  readonly clusterId: ClusterId
  readonly host: Pick<Host, 'name' | 'vllmPort'>
  /** The usual name of the model container there. */
  readonly container: ContainerName
}

/** The swap whose memo is worth reading: that of the running container with the highest fence. */
export const ownContainer = ({ containers }: Pick<Seen, 'containers'>, clusterId: ClusterId) =>
  containers
    .flatMap((container) => (container.running && container.mark?.cluster === clusterId ? [{ name: container.name, mark: container.mark }] : []))
    .sort((a, b) => b.mark.fence - a.mark.fence)[0] ?? null

/**
 * Ours by its mark, or by the step marker and its own status; else adopted: the unmarked container that serves on the host's port, whatever its name, or holds a
 * part of a model whose head is another host. All else that looks like an engine is a stray: named, and left alone.
 */
export function recognise(facts: Seen, where: Where, memo: unknown, beyond: Beyond): Recognised {
  const { clusterId, host } = where
  const own = ownContainer(facts, clusterId)
  const foreign = facts.containers.filter((one) => one.running && one.mark !== null && one.mark.cluster !== clusterId)
  const doubles = facts.containers.filter((one) => one.running && one.mark?.cluster === clusterId && one.name !== own?.name)
  const strays = [
    ...foreign.map((one) => `container ${one.name} of the cluster ${one.mark?.cluster ?? ''}`),
    ...doubles.map((one) => `container ${one.name} of swap ${one.mark?.swap ?? ''}`),
  ]
  if (own !== null) return { deployment: deploymentOf(own.mark, own.name, host.name, memo), strays }
  if (beyond.byCommand !== null) return { deployment: deploymentOf(beyond.byCommand, null, host.name, memo), strays }
  const adopted = adoptedOn(facts, where, beyond)
  if (adopted !== null) return { deployment: adopted, strays }
  if (facts.portListening === true) strays.push('something listens on the model port')
  if (foreign.length === 0) strays.push(...(facts.computeApps ?? []).map((app) => `GPU process ${app.pid} (${app.name})`))
  return { deployment: null, strays }
}

function adoptedOn(facts: Seen, { host, container }: Where, { adoptable, servedId }: Beyond): Deployment | null {
  const serving = facts.portListening === true ? adoptable.find(({ port }) => port === host.vllmPort) : undefined
  const found = serving ?? adoptable.find(({ hosts }) => hosts.length > 1 && hosts[0] !== host.name)
  if (found !== undefined) {
    const { hosts, snapshot, why } = found
    const model = snapshot?.key ?? found.servedName
    return { ...unknownStart, model, hosts: [...hosts], container: found.container, snapshot, ...(why === null ? {} : { whyNot: why }) }
  }
  const usual = facts.containers.find((one) => one.running && one.mark === null && one.name === container)
  if (usual === undefined || facts.portListening !== true) return null
  return { ...unknownStart, model: servedId, hosts: [host.name], container: usual.name, snapshot: null }
}

const unknownStart = { swapId: null, fence: 0, validatedAt: null, adopted: true } as const
