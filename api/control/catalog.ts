import type { ConfigSource, ConfigState } from '../../config/load.ts'
import type { Cluster } from '../../domain/cluster.ts'
import type { Model } from '../../domain/model.ts'
import type { HostName } from '../../domain/names.ts'
import { nearNames } from '../../domain/near-names.ts'
import { Problem } from '../../domain/problem.ts'

type Ready = Extract<ConfigState, { kind: 'ready' }>

/** Throws `not_configured` or `config_invalid` with file, line and column. */
export function ready(config: ConfigSource): Ready {
  const state = config.read()
  if (state.kind === 'unready') throw new Problem(state.code, state.message, {}, 5)
  return state
}

/** The cluster, also while only the models have an error. Throws `not_configured` or `config_invalid`. */
export function clusterOf(config: ConfigSource): Cluster {
  const state = config.read()
  if (state.cluster !== null) return state.cluster
  return ready(config).cluster
}

/** Throws `unknown_model` with near names. */
export function modelOf({ models }: Pick<Ready, 'models'>, key: string): Model {
  const model = models.get(key)
  if (model !== undefined) return model
  const near = nearNames(key, models.keys())
  const hint = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`
  throw new Problem('unknown_model', `No model is called ${JSON.stringify(key)}${hint}`, { near })
}

/** The named hosts, each once. Throws `unknown_host` with the names that there are. */
export function hostsOf(cluster: Cluster, names: readonly HostName[]): HostName[] {
  const known = cluster.hosts.map((host) => host.name)
  const strangers = names.filter((name) => !known.includes(name))
  if (strangers.length > 0) throw new Problem('unknown_host', `No host is called ${strangers.join(', ')}`, { unknown: strangers, hosts: known })
  return [...new Set(names)]
}
