import { join } from 'node:path'
import { isMap, type Document } from 'yaml'
import { readCatalog, type Catalog } from '../domain/catalog.ts'
import { Problem } from '../domain/problem.ts'
import { showProblem } from '../domain/yaml-file.ts'
import { changeYaml } from './kept-file.ts'
import { baseCatalog, type ConfigState } from './load.ts'
import type { Places } from './places.ts'
import { setKeeping } from './set-keeping.ts'

type Ready = Extract<ConfigState, { kind: 'ready' }>
type Entry = Readonly<Record<string, unknown>>

/** What to do with a key of models-overrides.yaml: fields to write over (undefined takes one out), or the whole entry. */
export type Override =
  { readonly kind: 'fields'; readonly fields: Entry } | { readonly kind: 'entry'; readonly entry: Entry | null } | { readonly kind: 'nothing' }

const heading =
  '# models-overrides.yaml: changes to the catalog that ships with Spark Control, and models of your own. Pages and API write it; comments stay.\n'

/**
 * Changes one model in models-overrides.yaml, or, with `save` false, only tells what would come of it. What the whole catalog would refuse is refused before anything is written.
 * Throws `invalid_request` with every field that does not fit, and as `changeYaml`.
 */
export async function overrideModel(
  places: Places,
  state: Ready,
  key: string,
  override: Override,
  save: boolean,
): Promise<Extract<Catalog, { ok: true }>> {
  const base = baseCatalog(places)
  if (base === null) throw new Problem('config_invalid', 'models.yaml is missing')
  const file = { path: join(places.configDir, 'models-overrides.yaml'), mode: 0o644, heading }
  const check = (document: Document): Extract<Catalog, { ok: true }> => {
    put(document, key, override)
    const catalog = readCatalog(base, { file: 'models-overrides.yaml', text: document.toString({ lineWidth: 0 }) }, state.cluster, state.settings)
    if (catalog.ok) return catalog
    const errors = catalog.problems.map((problem) => ({ field: problem.path.replace(`models.${key}.`, ''), message: problem.message }))
    throw new Problem('invalid_request', catalog.problems.map(showProblem).join('; '), { errors })
  }
  if (save) return await changeYaml(file, check)
  try {
    return await changeYaml(file, (document) => {
      throw new Tried(check(document))
    })
  } catch (error) {
    if (error instanceof Tried) return error.catalog
    throw error
  }
}

/** Ends a change before it is written. */
class Tried extends Error {
  readonly catalog: Extract<Catalog, { ok: true }>
  constructor(catalog: Extract<Catalog, { ok: true }>) {
    super('only tried')
    this.catalog = catalog
  }
}

function put(document: Document, key: string, override: Override): void {
  const path = ['models', key]
  // an empty file, or one in which nothing follows `models:`
  if (!isMap(document.get('models'))) document.set('models', document.createNode({}))
  switch (override.kind) {
    case 'nothing':
      document.deleteIn(path)
      return
    case 'entry':
      setKeeping(document, path, override.entry)
      return
    case 'fields':
      if (document.getIn(path) == null) setKeeping(document, path, {})
      for (const [name, value] of Object.entries(override.fields)) {
        if (value === undefined) document.deleteIn([...path, name])
        else setKeeping(document, [...path, name], value)
      }
      if (isEmpty(document.getIn(path))) document.deleteIn(path)
  }
}

const isEmpty = (node: unknown): boolean =>
  typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items) && node.items.length === 0
