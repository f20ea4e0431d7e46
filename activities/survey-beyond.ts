import { adoptedModel, type Adopted, type AdoptionPlace } from '../domain/adoption/adopted-model.ts'
import { containerLook, readContainerLook } from '../domain/adoption/look.ts'
import { nothingBeyond, type Beyond } from '../domain/arbitration/recognised.ts'
import { deploymentOf } from '../domain/arbitration/swap-memo.ts'
import { baseUrlOf } from '../domain/cluster.ts'
import type { ContainerMark, HostFacts } from '../domain/host-facts.ts'
import { launcherOf } from '../domain/launchers/launcher.ts'
import type { ClusterId, ContainerName, HostName } from '../domain/names.ts'
import type { ActivityDeps } from './deps.ts'
import { runsByStatus } from './own-commands.ts'
import { Vllm } from './vllm.ts'

/** The survey of a host on which no container of ours runs. */
export interface BeyondQuestion {
  readonly clusterId: ClusterId
  readonly host: HostName
  readonly facts: HostFacts
  /** The usual name of the model container there. */
  readonly usual: ContainerName
  /** The memo of the swap that the step marker names. */
  readonly memo: unknown
  readonly signal: AbortSignal
}

const answerLimitS = 2

/** Looks for what has no mark of ours: a model of own commands, and engines that somebody else started. Changes nothing. Throws HostError. */
export async function lookBeyond(deps: ActivityDeps, asked: BeyondQuestion): Promise<Beyond> {
  const { facts } = asked
  const byCommand = await startedByCommand(deps, asked)
  if (byCommand !== null) return { ...nothingBeyond, byCommand }
  const served = facts.portListening === true ? await servedOn(deps, asked) : null
  const idle = facts.portListening === false && facts.computeApps?.length === 0
  return { byCommand: null, adoptable: idle ? [] : await adoptableOn(deps, asked, served), servedId: served?.id ?? null }
}

/** What the step marker names, if its status says that it still runs. */
async function startedByCommand({ hosts, config }: ActivityDeps, { clusterId, host, facts, memo }: BeyondQuestion): Promise<ContainerMark | null> {
  const { marker } = facts
  if (marker?.cluster_id !== clusterId || marker.container !== '') return null
  const { swap, fence, step, attempt, model: key } = marker
  const mark = { cluster: clusterId, swap, fence, step, attempt, model: key }
  const { snapshot, hosts: on } = deploymentOf(mark, null, host, memo)
  const state = config.read()
  const model = snapshot ?? (state.kind === 'ready' ? state.models.get(key) : undefined)
  if (model === undefined || launcherOf(model).commands === null) return null
  return (await runsByStatus(hosts, { model, hosts: on, host, mark })) === true ? mark : null
}

/** Unmarked engines, read from how they were started. Only of what answers on the host's port is it known what it serves. */
async function adoptableOn(deps: ActivityDeps, asked: BeyondQuestion, served: AdoptionPlace['served']): Promise<Adopted[]> {
  const { hosts, config } = deps
  const { facts, usual } = asked
  const host = hosts.host(asked.host)
  const { cluster, settings, ...rest } = config.read()
  const catalog = rest.kind === 'ready' ? [...rest.models.values()] : []
  const place = { host, home: facts.home, hosts: cluster?.hosts ?? [host], settings, catalog }
  const unmarked = facts.containers.filter(({ running, mark }) => running && mark === null)
  const found = await Promise.all(
    unmarked.map(async ({ name }) => {
      const exit = await hosts.look(asked.host, containerLook(name), { signal: asked.signal })
      const seen = exit.kind === 'exited' ? readContainerLook(exit.stdout, name) : null
      if (seen === null) return null
      const adopted = adoptedModel(seen, { ...place, served: null })
      if (adopted?.port === host.vllmPort) return adoptedModel(seen, { ...place, served })
      // Whatever it is: what answers on the port under the usual name is the model.
      const unknown = adopted === null && name === usual ? adoptedModel(seen, { ...place, served }) : null
      return unknown === null ? adopted : { ...unknown, port: host.vllmPort }
    }),
  )
  return found.filter((adopted) => adopted !== null)
}

async function servedOn({ hosts }: ActivityDeps, { host, signal }: BeyondQuestion): Promise<AdoptionPlace['served']> {
  const vllm = new Vllm(baseUrlOf(hosts.host(host)))
  try {
    return (await vllm.models(answerLimitS, signal))[0] ?? null
  } catch {
    return null // something that is no vLLM
  } finally {
    await vllm.close()
  }
}
