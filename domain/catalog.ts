import { z } from 'zod'
import type { Cluster } from './cluster.ts'
import { entryProblems } from './launchers/entry-rules.ts'
import { hostsNeeded } from './launchers/parallelism.ts'
import { ModelFileEntry, ModelsFile, ModelEntry, type Model } from './model.ts'
import { ModelKey } from './names.ts'
import type { Settings } from './settings.ts'
import { parseYamlFile, type FileProblem, type Locate } from './yaml-file.ts'

export interface SourceText {
  readonly file: string
  readonly text: string
}

/** models-overrides.yaml: any fields of known models, whole new models, or `null` to take one out of the catalog. */
const OverridesFile = z.strictObject({ models: z.record(ModelKey, ModelEntry.partial().nullable()).default({}) })

/** Whether a model is as it ships, changed by the owner, or the owner's own; and what ships under that key. */
export interface Origin {
  readonly origin: 'shipped' | 'changed' | 'own'
  readonly shipped: Model | null
}

export type Catalog =
  | { readonly ok: true; readonly models: ReadonlyMap<string, Model>; readonly origins: ReadonlyMap<string, Origin> }
  | { readonly ok: false; readonly problems: readonly FileProblem[] }

/** Joins the catalog with the owner's overrides and fills in all defaults. Every error has its file, line and column. */
export function readCatalog(base: SourceText, overrides: SourceText | null, cluster: Cluster, settings: Settings): Catalog {
  const parsed = parseYamlFile(base.file, base.text, ModelsFile)
  if (!parsed.ok) return parsed
  const entries = new Map<string, { entry: ModelFileEntry; locate: Locate }>()
  for (const [key, entry] of Object.entries(parsed.value.models)) entries.set(key, { entry, locate: parsed.locate })

  if (overrides !== null) {
    const changes = parseYamlFile(overrides.file, overrides.text, OverridesFile)
    if (!changes.ok) return changes
    // the written fields alone are merged: a partial schema would fill in defaults over what the base says
    const raw = rawEntries(base)
    const written = parseYamlFile(overrides.file, overrides.text, z.object({ models: z.record(z.string(), z.unknown()).default({}) }))
    for (const [key, change] of Object.entries(written.ok ? written.value.models : {})) {
      if (change === null) {
        entries.delete(key)
        continue
      }
      const merged = ModelFileEntry.safeParse({ ...raw.get(key), ...(change as object) }) // the strict parse above took objects and null only
      if (!merged.success) {
        return { ok: false, problems: merged.error.issues.map((issue) => changes.locate(['models', key, ...issue.path], issue.message)) }
      }
      entries.set(key, { entry: merged.data, locate: changes.locate })
    }
  }

  const problems: FileProblem[] = []
  const models = new Map<string, Model>()
  for (const [key, { entry, locate }] of entries) {
    const named = entry.placement === 'any' ? [] : (entry.placement ?? [])
    named.forEach((host, i) => {
      if (!cluster.hosts.some((known) => known.name === host)) {
        problems.push(
          locate(
            ['models', key, 'placement', i],
            `no host is called ${host}; cluster.yaml has ${cluster.hosts.map((known) => known.name).join(', ')}`,
          ),
        )
      }
    })
    const model = complete(key, entry, cluster, settings)
    models.set(key, model)
    const hosts = named.flatMap((host) => cluster.hosts.filter((known) => known.name === host))
    for (const { path, message } of entryProblems(entry, model, hosts)) problems.push(locate(['models', key, ...path], message))
  }
  if (problems.length > 0) return { ok: false, problems }
  const origins = [...models].map(([key, model]): [string, Origin] => {
    const shipped = Object.hasOwn(parsed.value.models, key) ? parsed.value.models[key] : undefined // a model may be called `constructor`
    if (shipped === undefined) return [key, { origin: 'own', shipped: null }]
    const asShipped = complete(key, shipped, cluster, settings)
    return [key, { origin: JSON.stringify(asShipped) === JSON.stringify(model) ? 'shipped' : 'changed', shipped: asShipped }]
  })
  return { ok: true, models, origins: new Map(origins) }
}

/** As they are written, without any default. Read once for all: a catalog of hundreds would be parsed as often. */
function rawEntries(base: SourceText): ReadonlyMap<string, object> {
  const raw = parseYamlFile(base.file, base.text, z.object({ models: z.record(z.string(), z.looseObject({})) }))
  return new Map(raw.ok ? Object.entries(raw.value.models) : [])
}

/**
 * The hosts that an entry names, or else as many as it fills: the usual ones, then the others in their order. A cluster with fewer hosts keeps the entry,
 * which is refused when somebody wants to start it.
 */
function placementOf(entry: ModelFileEntry, cluster: Cluster): string[] {
  if (entry.placement !== undefined && entry.placement !== 'any') return [...entry.placement]
  const need = entry.placement === 'any' ? 1 : hostsNeeded(entry)
  const usual = cluster.defaultPlacement
  const others = cluster.hosts.map((host) => host.name).filter((name) => !usual.includes(name))
  return need === null ? [...usual] : [...usual, ...others].slice(0, need)
}

function complete(key: string, entry: ModelFileEntry, cluster: Cluster, settings: Settings): Model {
  const placement = placementOf(entry, cluster)
  const head = cluster.hosts.find((host) => host.name === placement[0])
  return {
    key,
    name: entry.name ?? key,
    repo: entry.repo ?? null,
    local_path: entry.local_path ?? null,
    local: entry.local_path !== undefined,
    launcher: entry.launcher,
    image: entry.image ?? (entry.launcher === 'command' || entry.launch.recipe !== undefined ? '' : settings.vllm_image),
    container: entry.container ?? head?.container ?? settings.vllm_container,
    placement,
    anywhere: entry.placement === 'any',
    port: entry.port ?? null,
    launch: entry.launch,
    served_name: entry.served_name ?? entry.repo ?? key,
    alias: settings.served_model_name_alias === '' ? null : settings.served_model_name_alias,
    knobs: entry.knobs,
    env: entry.env,
    memory_gib: entry.memory_gib ?? null,
    weights_gib: entry.weights_gib ?? null,
    checks: entry.checks,
    launch_s: entry.launch_s ?? settings.launch_s,
    launch_stall_s: entry.launch_stall_s ?? settings.launch_stall_s,
    notes: entry.notes ?? null,
    source: entry.source ?? null,
  }
}
