import type { ConfigSource } from '../../config/load.ts'
import { overrideModel, type Override } from '../../config/model-overrides.ts'
import { catalogModel, sparse, type CatalogChange, type CatalogModel, type KnobsChange } from '../../domain/catalog-model.ts'
import type { Catalog } from '../../domain/catalog.ts'
import type { Cluster } from '../../domain/cluster.ts'
import type { Actor } from '../../domain/events.ts'
import { launcherOf } from '../../domain/launchers/launcher.ts'
import { launchIdentity, type Model } from '../../domain/model.ts'
import { Problem } from '../../domain/problem.ts'
import { typed } from '../../domain/shell.ts'
import type { ModelControl } from '../deps.ts'
import { modelOf, ready } from './catalog.ts'
import type { ClusterLink } from './cluster-link.ts'
import { checkLocalPath, uncheckedWords } from './folders.ts'
import { note } from './audit-note.ts'

type Good = Extract<Catalog, { ok: true }>

/** Changes of the catalog. Each request works on the files as they are at its beginning; the API holds no catalog of its own. */
export function createModels(links: () => ClusterLink, config: ConfigSource): ModelControl {
  const shown = (catalog: Pick<Good, 'models' | 'origins'>, key: string): CatalogModel => {
    const model = modelOf(catalog, key)
    return catalogModel(model, catalog.origins.get(key) ?? { origin: 'own', shipped: null })
  }

  /** A local model's folder is looked at on its hosts before anything is written. */
  const folderWarnings = async (key: string, override: Override): Promise<string[]> => {
    const state = ready(config)
    const model = modelOf(await overrideModel(config.places, state, key, override, false), key)
    const hosts = state.cluster.hosts.map(({ name }) => name)
    return uncheckedWords(await checkLocalPath(() => links().storageLooks, model, hosts))
  }

  const change = async (key: string, override: Override, save: boolean, actor: Actor, warnings: readonly string[] = []): Promise<CatalogChange> => {
    const state = ready(config)
    const before = state.models.get(key) ?? null
    const catalog = await overrideModel(config.places, state, key, override, save)
    if (save) config.reread()
    const model = modelOf(catalog, key)
    const changed = shown(catalog, key)
    if (save && JSON.stringify(before) !== JSON.stringify(model)) {
      void note(links().arbiter, {
        type: 'model_changed',
        by: actor,
        result: before === null ? 'created' : 'changed',
        before: facts(before),
        after: facts(model),
      })
    }
    return {
      model: { ...changed, warnings: [...changed.warnings, ...warnings] },
      saved: save,
      commands: commandsOf(model, state.cluster, state.settings.extra_docker_args),
      used_by: await usedBy(model),
    }
  }

  /** Deployments of this model that were started with other settings. Nobody to ask: nothing is said. */
  const usedBy = async (model: Model): Promise<CatalogChange['used_by']> => {
    const view = await links()
      .arbiter.view()
      .catch(() => null)
    return (view?.deployments ?? [])
      .filter((one) => one.model === model.key && (one.snapshot === null || launchIdentity(one.snapshot) !== launchIdentity(model)))
      .map(({ swapId, hosts }) => ({ swap_id: swapId, hosts: [...hosts] }))
  }

  return {
    list: () => {
      const state = ready(config)
      return [...state.models.keys()].map((key) => shown(state, key))
    },
    read: (key) => shown(ready(config), key),

    async create({ key, ...entry }, save, actor) {
      config.reread()
      const state = ready(config)
      const twin = [...state.models.keys()].find((known) => known.toLowerCase() === key)
      if (twin !== undefined) throw new Problem('model_exists', `The catalog has ${twin} already`)
      const override: Override = { kind: 'entry', entry: sparse(entry) }
      return await change(key, override, save, actor, await folderWarnings(key, override))
    },

    async replace(key, entry, save, actor) {
      config.reread()
      const { shipped } = originOf(key)
      const written = sparse(entry)
      const override: Override = shipped === null ? { kind: 'entry', entry: written } : { kind: 'fields', fields: written }
      return await change(key, override, save, actor, await folderWarnings(key, override))
    },

    async setKnobs(key, wanted, save, actor) {
      config.reread() // knobs that stay are the written ones
      const { shipped } = originOf(key)
      const base = shipped?.knobs ?? { extra_args: [] }
      const now = wanted === null ? base : merged(modelOf(ready(config), key).knobs, wanted, base)
      const asShipped = shipped !== null && sameKnobs(now, base)
      return await change(key, { kind: 'fields', fields: { knobs: asShipped ? undefined : sparseKnobs(now) } }, save, actor)
    },

    async remove(key, actor) {
      config.reread()
      const state = ready(config)
      const model = modelOf(state, key)
      const { deployments, active, queue } = await links().arbiter.view()
      const users = [...deployments, ...active, ...queue].filter((one) => one.model === key)
      if (users.length > 0) throw new Problem('model_in_use', `${key} is used on ${[...new Set(users.flatMap((one) => one.hosts))].join(', ')}`)
      const { shipped } = originOf(key)
      await overrideModel(config.places, state, key, shipped === null ? { kind: 'nothing' } : { kind: 'entry', entry: null }, true)
      config.reread()
      void note(links().arbiter, { type: 'model_changed', by: actor, result: 'removed', before: facts(model), after: null })
    },
  }

  function originOf(key: string) {
    const state = ready(config)
    modelOf(state, key)
    return state.origins.get(key) ?? { origin: 'own' as const, shipped: null }
  }
}

type Knobs = Model['knobs']

/** Knob by knob: left out stays, null goes back. */
function merged(now: Knobs, change: KnobsChange, base: Knobs): Knobs {
  const all: Record<string, unknown> = { ...now }
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) continue
    all[name] = value ?? (base as Record<string, unknown>)[name] // looked at by the names of its own schema
  }
  return { ...(all as Knobs), extra_args: (all['extra_args'] as string[] | undefined) ?? [] } // each value came from the schema of its name
}

const sparseKnobs = (knobs: Knobs): Record<string, unknown> =>
  Object.fromEntries(Object.entries(knobs).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)))
const sorted = (knobs: Knobs): string => JSON.stringify(Object.entries(sparseKnobs(knobs)).toSorted(([a], [b]) => (a < b ? -1 : 1)))
const sameKnobs = (a: Knobs, b: Knobs): boolean => sorted(a) === sorted(b)

/** The start as it would reach the hosts of the placement, in its order: workers before their head. The mark is filled in by the swap. */
function commandsOf(model: Model, cluster: Cluster, extraDockerArgs: string): CatalogChange['commands'] {
  const launcher = launcherOf(model)
  const mark = { cluster: cluster.clusterId, swap: 'preview', fence: 0, step: 0, attempt: 1, model: model.key }
  const hosts = model.placement.flatMap((name) => cluster.hosts.filter((host) => host.name === name))
  const nodes = hosts.map((host) => ({ host, home: '~', features: null }))
  const ranks = launcher.startedFrom === 'head' ? [0] : nodes.map((_, rank) => rank).toReversed()
  return ranks.flatMap((rank) => {
    const node = nodes[rank]
    return node === undefined ? [] : [{ host: node.host.name, command: typed(launcher.launch({ model, mark, extraDockerArgs, nodes, rank })) }]
  })
}

/** What the audit trail keeps of a model: what reaches the command line, without its environment, which may hold what nobody should read. */
const facts = (model: Model | null): unknown =>
  model === null
    ? null
    : {
        key: model.key,
        weights: model.repo ?? model.local_path,
        launcher: model.launcher,
        placement: model.placement,
        served_name: model.served_name,
        knobs: model.knobs,
      }
