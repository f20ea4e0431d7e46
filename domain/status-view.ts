import type { ArbiterView } from './arbitration/command.ts'
import { baseUrlOf, type Cluster, type Host } from './cluster.ts'
import type { Deployment } from './deployment.ts'
import { engineUrl } from './engine-address.ts'
import { causeOf, type Cause } from './errors.ts'
import type { Model } from './model.ts'
import { rfc3339, type Millis } from './names.ts'
import type { HostLook, HostStatus } from './status.ts'

/** A look older than this says nothing about now: the monitor stopped, or cannot be heard. */
export const lookLifeMs = 20_000

/** What is known of the cluster: the arbiter's last view (null before the first), whether it answers now, and the monitor's last looks. */
export interface Known {
  readonly cluster: Cluster
  readonly models: ReadonlyMap<string, Model>
  readonly arbiter: ArbiterView | null
  readonly arbiterAnswers: boolean
  readonly looks: readonly HostLook[]
  readonly now: Millis
}

/** Each host of the cluster as pages and REST show it. What is not known is null, never a guess. */
export const hostStatuses = (known: Known): HostStatus[] => known.cluster.hosts.map((host) => hostStatus(host, known))

function hostStatus(host: Host, known: Known): HostStatus {
  const look = freshLook(known, host.name)
  const surveyed = known.arbiterAnswers ? known.arbiter?.hosts.find((candidate) => candidate.host === host.name) : undefined
  const deployment = known.arbiter?.deployments.find((candidate) => candidate.hosts.includes(host.name))
  return {
    name: host.name,
    address: host.address,
    reachable: look?.reachable ?? null,
    cause: look?.cause ?? refusalOf(surveyed),
    arbiter: surveyed?.state ?? 'unknown',
    looked_at: known.looks.find((candidate) => candidate.host === host.name)?.looked_at ?? null,
    mem_total_bytes: look?.mem_total_bytes ?? null,
    mem_available_bytes: look?.mem_available_bytes ?? null,
    gpu: look?.gpu ?? null,
    telemetry: look?.telemetry ?? null,
    deployment: deployment === undefined ? unmanaged(host, look, known) : managed(deployment, known),
  }
}

/** Why the arbiter grants nothing on a host that can be seen: it belongs to another cluster, its fence cannot be written. */
const refusalOf = (surveyed: ArbiterView['hosts'][number] | undefined): Cause | null =>
  surveyed?.cause == null || surveyed.state === 'known' ? null : causeOf(surveyed.cause.code, surveyed.cause.message)

/** A deployment that the arbiter knows; healthy only when the head host itself serves that very model (invariant I6). */
function managed(deployment: Deployment, known: Known): HostStatus['deployment'] {
  const head = known.cluster.hosts.find((host) => host.name === deployment.hosts[0])
  const look = head && freshLook(known, head.name)
  const served = look?.serving?.model_id ?? null
  const expected = deployment.snapshot?.served_name ?? null
  return {
    model: deployment.model,
    hosts: [...deployment.hosts],
    swap_id: deployment.swapId,
    base_url: head === undefined ? '' : engineUrl(head, deployment.snapshot),
    healthy: look?.healthy === true && (expected === null || served === expected),
    wedged_since: look?.wedged_since ?? null,
    validated_at: deployment.validatedAt === null ? null : rfc3339(deployment.validatedAt),
    adopted: deployment.adopted,
    served_id: served,
  }
}

/** No worker answers, but the host was just seen serving: said as it was seen. */
function unmanaged(host: Host, look: HostLook | undefined, known: Known): HostStatus['deployment'] {
  if (known.arbiter !== null || look?.serving == null) return null
  const { model_id: served } = look.serving
  const swapId = look.containers.find((container) => container.running && container.swap_id !== null)?.swap_id ?? null
  return {
    model: [...known.models.values()].find((model) => model.served_name === served)?.key ?? null,
    hosts: [host.name],
    swap_id: swapId,
    base_url: baseUrlOf(host),
    healthy: look.healthy,
    wedged_since: look.wedged_since,
    validated_at: null,
    adopted: swapId === null,
    served_id: served,
  }
}

const freshLook = ({ looks, now }: Known, host: string): HostLook | undefined => {
  const look = looks.find((candidate) => candidate.host === host)
  return look !== undefined && now - Date.parse(look.looked_at) <= lookLifeMs ? look : undefined
}
