import type { CatalogModel } from '../../domain/catalog-model.ts'
import { weightsOf } from '../../domain/model.ts'
import type { Status } from '../../domain/status.ts'

const pageSize = 50
export const shows = ['all', 'loaded', 'own', 'changed', 'shipped', 'local'] as const

/** What of the catalog a page shows. `page` counts from 1. */
export interface ModelFilter {
  readonly q: string
  readonly show: (typeof shows)[number]
  readonly page: number
}

export interface ModelSelection {
  readonly shown: readonly CatalogModel[]
  /** How many fit the filter. */
  readonly fitting: number
  readonly page: number
  readonly pages: number
}

/** The part of the catalog that one page shows: what is loaded first, all else in the catalog's own order. A page beyond the last one is the last one. */
export function selectModels(models: readonly CatalogModel[], { q, show, page }: ModelFilter, status: Status): ModelSelection {
  const loaded = loadedKeys(status)
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  const fitting = models.filter((model) => isShown(model, show, loaded) && words.every((word) => textOf(model).includes(word)))
  const sorted = fitting.toSorted((a, b) => Number(loaded.has(b.key)) - Number(loaded.has(a.key)))
  const pages = Math.max(1, Math.ceil(sorted.length / pageSize))
  const current = Math.min(Math.max(1, page), pages)
  return { shown: sorted.slice((current - 1) * pageSize, current * pageSize), fitting: sorted.length, page: current, pages }
}

/** The models that some host holds. */
export const loadedKeys = ({ hosts }: Pick<Status, 'hosts'>): ReadonlySet<string> =>
  new Set(hosts.flatMap(({ deployment }) => (deployment?.model == null ? [] : [deployment.model])))

function isShown(model: CatalogModel, show: ModelFilter['show'], loaded: ReadonlySet<string>): boolean {
  if (show === 'all') return true
  if (show === 'loaded') return loaded.has(model.key)
  return show === 'local' ? model.local : model.origin === show
}

/** Where a word is looked for. */
const textOf = (model: CatalogModel): string =>
  [model.key, model.name, weightsOf(model), model.served_name, model.launcher, model.image, ...model.placement, model.notes].join(' ').toLowerCase()
