import { randomBytes } from 'node:crypto'
import { addressRules } from '../../config/address-rules.ts'
import type { ConfigSource } from '../../config/load.ts'
import { WebhookMarks } from '../../config/webhook-marks.ts'
import { WebhookStore } from '../../config/webhook-store.ts'
import { mostEndpoints, webhooksOf } from '../../config/webhooks.ts'
import type { Actor, EventType } from '../../domain/events.ts'
import { Problem } from '../../domain/problem.ts'
import { endpointView, type Endpoint } from '../../domain/webhooks/endpoint.ts'
import { judgeUrl } from '../../domain/webhooks/url-policy.ts'
import type { WebhookBody, WebhookView } from '../../domain/webhooks/webhook.ts'
import type { WebhookControl } from '../deps.ts'
import { Deliveries } from '../temporal/deliveries.ts'
import type { TemporalLink } from '../temporal/link.ts'
import { note } from './audit-note.ts'
import type { ClusterLink } from './cluster-link.ts'
import { createDeliveries } from './webhook-deliveries.ts'

interface Parts {
  readonly links: () => ClusterLink
  readonly link: TemporalLink
  readonly config: ConfigSource
}

/** Endpoints in their files, deliveries in Temporal. A change holds for the next event and the next attempt, without a restart of anything. */
export function createWebhooks({ links, link, config }: Parts): WebhookControl {
  const store = new WebhookStore(config.places)
  const marks = new WebhookMarks(config.places)
  const endpoints = (): readonly Endpoint[] => webhooksOf(config).endpoints
  const known = (id: string): Endpoint => {
    const one = endpoints().find((endpoint) => endpoint.id === id)
    if (one === undefined) throw unknown(id)
    return one
  }
  const check = (body: WebhookBody): void => {
    const verdict = judgeUrl(new URL(body.url), addressRules(config.read().settings, link.address))
    if (!verdict.allowed) throw new Problem('webhook_url_denied', `${new URL(body.url).host}: ${verdict.why}`, { why: verdict.why })
  }
  const say = async (type: EventType, by: Actor, before: WebhookView | null, after: WebhookView | null): Promise<void> =>
    note(links().arbiter, { type, by, before, after, data: { webhook_id: (after ?? before)?.id } })

  return {
    list: () => Promise.resolve(endpoints().map(endpointView)),

    async create(body, actor) {
      check(body)
      if (endpoints().length >= mostEndpoints) throw new Problem('too_many_webhooks', `There are ${String(mostEndpoints)} webhooks already`)
      const id = newId(body.name ?? new URL(body.url).hostname)
      const secret = body.secret ?? `whsec_${randomBytes(32).toString('base64')}`
      await store.add(entryOf(id, body), secret)
      const view = endpointView(known(id))
      await say('webhook_created', actor, null, view)
      return { ...view, secret: body.secret === undefined ? secret : null }
    },

    async update(id, body, actor) {
      const endpoint = known(id)
      if (endpoint.source !== 'api' && !onlySwitchesOn(endpoint, body)) throw readOnly(endpoint)
      if (endpoint.source === 'api') {
        check(body)
        if (!(await store.replace(entryOf(id, body), body.secret))) throw unknown(id)
      }
      if (body.enabled) await marks.forget(id)
      const [before, after] = [endpointView(endpoint), endpointView(known(id))]
      await say('webhook_updated', actor, before, after)
      return after
    },

    async remove(id, actor) {
      const endpoint = known(id)
      if (endpoint.source !== 'api') throw readOnly(endpoint)
      if (!(await store.remove(id))) throw unknown(id)
      await marks.forget(id)
      await say('webhook_deleted', actor, endpointView(endpoint), null)
    },

    ...createDeliveries(
      () => new Deliveries(link, links().clusterId),
      known,
      () => links().clusterId,
    ),
  }
}

const unknown = (id: string): Problem => new Problem('unknown_webhook', `No webhook is called ${id}`)
const readOnly = ({ id, source }: Endpoint): Problem =>
  new Problem('webhook_read_only', source === 'file' ? `${id} is defined in cluster.yaml` : `${id} is defined by WEBHOOK_URL`, { source })

const entryOf = (id: string, { url, name, events, enabled }: WebhookBody) => ({ id, url, name, events, enabled })

/** Readable, and never used again: what is still on its way to an endpoint that was removed must not reach another one. */
function newId(name: string): string {
  const words = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 28)
    .replace(/-+$/, '')
  return `${words === '' ? 'webhook' : words}-${randomBytes(3).toString('hex')}`
}

/** What is defined elsewhere can be switched on again here, after it was switched off by itself, and nothing else. */
const onlySwitchesOn = (endpoint: Endpoint, body: WebhookBody): boolean =>
  endpoint.disabled !== null &&
  body.enabled &&
  body.url === endpoint.url &&
  body.secret === undefined &&
  (body.name === undefined || body.name === endpoint.name) &&
  (body.events ?? []).toSorted().join() === (endpoint.events ?? body.events ?? []).toSorted().join()
