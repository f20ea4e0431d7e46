import { randomUUID } from 'node:crypto'
import type { ConfigSource } from '../../config/load.ts'
import { servicesOf } from '../../config/services.ts'
import { restartWorkflowId } from '../../domain/names.ts'
import { nearNames } from '../../domain/near-names.ts'
import { Problem } from '../../domain/problem.ts'
import { disabledEndpoint, modelEndpoints } from '../../domain/services/endpoints.ts'
import type { Service } from '../../domain/services/service.ts'
import type { ServiceRestart } from '../../domain/services/restart.ts'
import { actorOf, nameless } from '../caller.ts'
import type { Caller, Control, ServiceControl } from '../deps.ts'
import { sha256 } from '../secrets.ts'
import { clusterOf } from './catalog.ts'
import type { ClusterLink } from './cluster-link.ts'
import { refusalOf } from './refused.ts'

interface Parts {
  readonly links: () => ClusterLink
  readonly config: ConfigSource
  readonly readStatus: Control['readStatus']
}

/** What is watched beside the models, and what a person may do with it. */
export function createServices({ links, config, readStatus }: Parts): ServiceControl {
  const known = (name: string): Service => {
    clusterOf(config) // without one there are no services to speak of
    const { services, disabled } = servicesOf(config)
    const all = [...services, ...disabled]
    const service = all.find((one) => one.name === name)
    if (service !== undefined) return service
    const near = nearNames(
      name,
      all.map((one) => one.name),
    )
    throw new Problem('unknown_service', `No service is called ${JSON.stringify(name)}`, { near })
  }

  return {
    async endpoints() {
      const { hosts, services } = await readStatus()
      const { disabled, problems } = servicesOf(config)
      const { served_model_name_alias: alias } = config.read().settings
      return {
        models: modelEndpoints(hosts),
        stable_alias: alias === '' ? null : alias,
        services,
        disabled: disabled.map(disabledEndpoint),
        problems: [...problems],
      }
    },
    deepHealth: async () => await links().health.deep(),
    connectivity: async () => await links().health.connectivity(),
    readRestart: async (id) => await links().restarts.read(id),

    async restart(name, caller) {
      const { host, container } = known(name)
      if (host === null || container === null) throw new Problem('service_not_restartable', `${name} has no container on a host of the cluster`)
      return await restart(links(), { service: name, host, container }, caller)
    },
  }
}

/** The gate first, as for every change to a host (ARBITER.md G1); then the workflow, whose end frees the host whatever becomes of this process. */
async function restart(
  { arbiter, restarts, clusterId }: ClusterLink,
  about: { service: string; host: string; container: string },
  caller: Caller,
): Promise<ServiceRestart> {
  const { service, host, container } = about
  const restartId = caller.idempotencyKey === null ? randomUUID() : sha256(`${clusterId}\n${service}\n${caller.idempotencyKey}`).slice(0, 32)
  const by = actorOf(caller)
  const answer = await arbiter.ask({
    ...{ type: 'claim', claimId: restartId, workflowId: restartWorkflowId(clusterId, restartId), hosts: [host], by },
    holder: caller.name ?? nameless,
    purpose: `restart ${service} (${container})`,
    tokenHash: caller.lockToken === null ? null : sha256(caller.lockToken),
  })
  if (answer.kind !== 'claimed') throw refusalOf(answer, arbiter)
  try {
    await restarts.start(restartId, about, { clusterId, host, container, claimId: restartId, fence: answer.fence, by })
  } catch (error) {
    await arbiter.ask({ type: 'end_claim', claimId: restartId, by }).catch(() => undefined) // else the arbiter's watch finds that nothing came
    throw error
  }
  return await restarts.read(restartId)
}
