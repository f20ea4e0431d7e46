import type { CatalogModel } from '../../domain/catalog-model.ts'
import type { Model } from '../../domain/model.ts'
import { html, type Html } from '../html.ts'
import { hostList } from '../model-name.ts'
import { badge } from '../outcome.ts'

/** Where a model goes when nobody says where: `on spark-1`, `on any free host`, `on spark-1 (head) and spark-2`. */
export function placementWords({ placement, anywhere }: Pick<Model, 'placement' | 'anywhere'>): string {
  if (anywhere) return 'on any free host'
  const [head = '', ...others] = placement
  return `on ${others.length === 0 ? head : hostList([`${head} (head)`, ...others])}`
}

/** As it ships, changed from that, or the owner's own; and whether its weights are a folder of the host. */
export const originBadges = ({ origin, local }: Pick<CatalogModel, 'origin' | 'local'>): Html =>
  html`${origin === 'changed' && badge('warn', 'changed')} ${origin === 'own' && badge('busy', 'own')}
  ${origin === 'shipped' && html`<span class="muted">shipped</span>`} ${local && badge('idle', 'local')}`

/** Where figures and settings come from: a link where it is one of the web. */
export const sourceOf = (source: string): Html =>
  /^https?:\/\/\S+$/.test(source) ? html`<a href="${source}" rel="noreferrer">${source.replace(/^https?:\/\//, '')}</a>` : html`${source}`
