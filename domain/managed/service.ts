import type { Deployment } from '../deployment.ts'
import type { HostContainer } from '../host-facts.ts'
import type { HostName } from '../names.ts'

export type ServiceVerdict = { readonly ok: true; readonly container: HostContainer } | { readonly ok: false; readonly reason: string }

interface ServiceQuestion {
  readonly host: HostName
  readonly name: string
  readonly containers: readonly HostContainer[]
  readonly deployments: readonly Deployment[]
  /** Names under which the catalog's models run. */
  readonly modelContainers: readonly string[]
}

/** Whether a container is a service that may be restarted. One that serves a model is changed by a swap alone, which proves what it did. */
export function serviceToRestart({ host, name, containers, deployments, modelContainers }: ServiceQuestion): ServiceVerdict {
  const container = containers.find((one) => one.name === name)
  if (container === undefined) return { ok: false, reason: `there is no container ${name} on ${host}` }
  const serves = deployments.some((one) => one.container === name && one.hosts.includes(host))
  if (container.mark !== null || serves || modelContainers.includes(name))
    return { ok: false, reason: `${name} on ${host} is a model's container: restart a model by a swap with restart` }
  return { ok: true, container }
}

/** Whether a container runs anew since `before` was seen of it. */
export const runsAnew = (before: HostContainer, now: HostContainer | undefined): boolean =>
  now?.running === true && now.startedAt !== null && now.startedAt !== before.startedAt
