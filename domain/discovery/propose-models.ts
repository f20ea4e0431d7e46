import { keyFor } from '../adoption/adopted-model.ts'
import { sparse } from '../catalog-model.ts'
import { ModelFileEntry, weightsOf, type Model } from '../model.ts'
import type { CachedModel, FoundRecipe } from './discovery.ts'
import { writesText } from './cache.ts'
import type { NamedHost } from './propose-hosts.ts'
import type { Existing } from './propose.ts'
import type { ProposedEntry } from './proposal.ts'

/** More than so many are a collection, not a catalog: then nothing of the cache is ticked. */
const tickedAtMost = 30
const mostEntries = 600

/** Models for models-overrides.yaml: what runs now, what is complete in the caches, and recipes. */
export function proposeModels(hosts: readonly NamedHost[], existing: Existing): { entries: ProposedEntry[]; remarks: string[] } {
  const catalog = [...existing.models]
  const keys = new Set(catalog.map(({ key }) => key))
  const running = hosts.flatMap((host) => runningEntry(host, catalog, keys, existing.overridden))
  const known = new Set([...catalog.map(weightsOf), ...hosts.flatMap(({ main }) => main?.weights ?? [])])
  const cached = cachedOnHosts(hosts).filter(({ model }) => !known.has(model.repo))
  const text = cached.filter(({ model }) => writesText(model))
  const tick = text.filter(({ model }) => model.state === 'complete').length <= tickedAtMost
  const entries = text.map((one) => cachedEntry(one, hosts, keys, tick))
  const recipes = hosts[0] === undefined ? [] : hosts[0].found.recipes.flatMap((recipe) => recipeEntry(recipe, hosts, keys))
  const others = cached.length - text.length
  return {
    entries: [...running, ...entries, ...recipes].slice(0, mostEntries),
    remarks: [
      ...(others === 0
        ? []
        : [
            `${others} cached ${others === 1 ? 'model does' : 'models do'} not write text (embeddings, speech, …) or has no config.json: not proposed.`,
          ]),
      ...(tick ? [] : [`There are ${text.length} cached models: none is ticked, choose what you swap between.`]),
    ],
  }
}

/** What runs now, so that a swap can put it back and a person can ask for it again. */
function runningEntry(
  { name, found, main, first }: NamedHost,
  catalog: readonly Model[],
  keys: Set<string>,
  overridden: readonly string[],
): ProposedEntry[] {
  if (main?.snapshot == null) return []
  const snapshot = main.snapshot
  const same = catalog.filter((model) => weightsOf(model) === weightsOf(snapshot))
  const known = same.find((model) => model.served_name === snapshot.served_name) ?? same[0]
  const key = known?.key ?? freeKey(snapshot.key, keys)
  keys.add(key)
  const servedName =
    snapshot.served_name === weightsOf(snapshot) || !/^\w[\w./:-]{0,127}$/.test(snapshot.served_name) ? undefined : snapshot.served_name
  const entry = {
    ...(snapshot.repo === null ? { local_path: snapshot.local_path } : { repo: snapshot.repo }),
    ...{ launcher: snapshot.launcher, image: snapshot.image, launch: snapshot.launch, knobs: snapshot.knobs, env: snapshot.env },
    ...(servedName === undefined ? {} : { served_name: servedName }),
    ...(first ? {} : { placement: [name] }),
  }
  const because = `container ${main.container} on ${name} serves it now`
  const notes = [known === undefined ? null : `${key} is in the catalog: its settings become those that run now`, ...main.notes].filter(
    (note) => note !== null,
  )
  return modelEntry(key, entry, because, {
    ticked: !overridden.includes(key),
    exists: known !== undefined,
    note: notes.length === 0 ? null : notes.join('; '),
    title: `${weightsOf(snapshot)}, as it runs on ${found.hostname ?? name}`,
  })
}

interface Cached {
  readonly model: CachedModel
  readonly on: readonly NamedHost[]
}

function cachedOnHosts(hosts: readonly NamedHost[]): Cached[] {
  const all = new Map<string, { model: CachedModel; on: NamedHost[] }>()
  for (const host of hosts) {
    for (const model of host.found.caches.flatMap((cache) => cache.models)) {
      const one = all.get(model.repo)
      if (one === undefined) all.set(model.repo, { model, on: [host] })
      else {
        // whole on one of them is what counts
        if (one.model.state === 'partial' && model.state === 'complete') all.set(model.repo, { model, on: [host] })
        else if (one.model.state === model.state) one.on.push(host)
      }
    }
  }
  return [...all.values()]
}

function cachedEntry({ model, on }: Cached, hosts: readonly NamedHost[], keys: Set<string>, tick: boolean): ProposedEntry {
  const key = freeKey(keyFor(model.repo), keys)
  keys.add(key)
  const onFirst = on.some((host) => host.first) || on.length === hosts.length
  const byScript = hosts.some(({ found }) => found.launcher !== null && found.launcher.trouble === null)
  const image = hosts.flatMap(({ found }) => found.images).find((name) => /vllm/i.test(name))
  const entry = {
    repo: model.repo,
    ...(byScript ? {} : { launcher: 'docker', ...(image === undefined ? {} : { image }) }),
    ...(onFirst ? {} : { placement: on.slice(0, 1).map(({ name }) => name) }),
    ...(model.state === 'complete' && model.bytes > 2 ** 27 ? { weights_gib: Math.round((model.bytes / 2 ** 30) * 100) / 100 } : {}),
  }
  const where = on.map(({ name }) => name).join(' and ')
  const because = `in the Hugging Face cache of ${where}: ${sizeOf(model.bytes)}, ${model.state}`
  const note = model.state === 'partial' ? 'its download is not complete' : null
  const [made] = modelEntry(key, entry, because, { ticked: tick && model.state === 'complete', exists: false, note, title: model.repo })
  return (
    made ?? {
      id: `model:${key}`,
      file: 'models-overrides.yaml',
      title: model.repo,
      value: entry,
      because,
      sources: {},
      ticked: false,
      state: 'new',
      note: 'its name fits no catalog entry',
    }
  )
}

function recipeEntry(recipe: FoundRecipe, hosts: readonly NamedHost[], keys: Set<string>): ProposedEntry[] {
  if (recipe.model === null || (recipe.hosts === 'several' && hosts.length < 2)) return []
  const key = freeKey(`recipe-${keyFor(recipe.file.replace(/\.yaml$/, ''))}`.slice(0, 64), keys)
  const entry = {
    name: recipe.name.slice(0, 120),
    repo: recipe.model,
    launch: { recipe: recipe.file },
    ...(recipe.image === null ? {} : { image: recipe.image }),
    ...(recipe.hosts === 'several' ? { placement: hosts.slice(0, 2).map(({ name }) => name) } : {}),
  }
  const made = modelEntry(key, entry, `recipe ${recipe.file} of spark-vllm-docker`, {
    ticked: false,
    exists: false,
    note: recipe.description,
    title: recipe.name,
  })
  if (made.length > 0) keys.add(key)
  return made
}

const sizeOf = (bytes: number): string => (bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`)

/** None where the catalog would refuse it. */
function modelEntry(
  key: string,
  entry: Readonly<Record<string, unknown>>,
  because: string,
  more: { readonly ticked: boolean; readonly exists: boolean; readonly note: string | null; readonly title: string },
): ProposedEntry[] {
  const fits = ModelFileEntry.safeParse(entry)
  if (!fits.success) return []
  return [
    {
      id: `model:${key}`,
      file: 'models-overrides.yaml',
      title: more.title,
      value: sparse(fits.data),
      because,
      sources: {},
      ticked: more.ticked,
      state: more.exists ? 'exists' : 'new',
      note: more.note,
    },
  ]
}

function freeKey(wish: string, keys: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const key = n === 1 ? wish : `${wish.slice(0, 60)}-${n}`
    if (!keys.has(key)) return key
  }
}
