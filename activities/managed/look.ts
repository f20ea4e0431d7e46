import { engineUrl } from '../../domain/engine-address.ts'
import { causeOf, type Cause } from '../../domain/errors.ts'
import type { HostFacts } from '../../domain/host-facts.ts'
import type { EngineLook } from '../../domain/host-look.ts'
import type { Model } from '../../domain/model.ts'
import type { HostName } from '../../domain/names.ts'
import { HostError, type Hosts } from '../hosts.ts'
import { Vllm } from '../vllm.ts'

const modelsLimitS = 5

/** One look at a host and at its model port, or at the port of `model`. No completion is asked for, so that nothing that sleeps is woken. Trouble is an answer. */
export async function lookAtHost(
  hosts: Hosts,
  host: HostName,
  signal: AbortSignal,
  model: Pick<Model, 'port'> | null = null,
): Promise<{ facts: HostFacts | Cause; engine: EngineLook }> {
  const [facts, engine] = await Promise.all([factsOf(hosts, host, signal), engineOf(hosts, host, model, signal)])
  return { facts, engine }
}

async function factsOf(hosts: Hosts, host: HostName, signal: AbortSignal): Promise<HostFacts | Cause> {
  try {
    return await hosts.facts(host, signal)
  } catch (error) {
    if (error instanceof HostError) return causeOf(error.code, error.message)
    throw error
  }
}

async function engineOf(hosts: Hosts, host: HostName, model: Pick<Model, 'port'> | null, signal: AbortSignal): Promise<EngineLook> {
  const silent: EngineLook = { healthy: false, serving: null }
  let vllm: Vllm
  try {
    vllm = new Vllm(engineUrl(hosts.host(host), model))
  } catch (error) {
    if (error instanceof HostError) return silent // not in cluster.yaml any more: its facts say so
    throw error
  }
  try {
    const healthy = await vllm.healthy(signal)
    const [serving = null] = healthy ? await vllm.models(modelsLimitS, signal).catch(() => []) : []
    return { healthy, serving }
  } finally {
    await vllm.close()
  }
}
