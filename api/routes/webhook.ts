import { z } from 'zod'
import { webhookEventsSchema } from '../../domain/webhooks/event-schema.ts'
import { Delivery, DeliveryPage, WebhookBody, WebhookCreated, WebhookId, WebhookView } from '../../domain/webhooks/webhook.ts'
import { actorOf } from '../caller.ts'
import { wholeNumber } from '../query.ts'
import { json, problem, reply, route, unavailable } from '../route.ts'
import { created, delivered, endpoint, wished } from './webhook-examples.ts'

const tag = 'webhooks'
const path = '/api/webhooks'
const id = z.strictObject({ id: WebhookId })
const nothingMore = z.strictObject({}).optional()
const WebhookList = z.object({ webhooks: z.array(WebhookView) })
const Removed = z.object({ removed: WebhookId })
const unwritable = problem('data_dir_full')
const notNow = problem('temporal_down', 'not_configured', 'config_invalid', 'data_dir_read_only')
const notFor = problem('webhook_read_only', 'too_many_webhooks', 'config_changed')

export const webhookRoutes = [
  route({
    method: 'GET',
    path,
    summary: 'Where events are sent',
    scope: 'read',
    tag,
    answers: { 200: json(WebhookList, 'All endpoints; their secrets are never shown'), 503: unavailable },
    examples: { answers: { 200: { webhooks: [endpoint] } } },
    handle: async (_request, { control }) => reply(200, { webhooks: await control.webhooks.list() }),
  }),
  route({
    method: 'POST',
    path,
    summary: 'Send events to one more URL',
    scope: 'admin',
    tag,
    body: WebhookBody,
    answers: {
      201: json(WebhookCreated, 'It gets the next event. `secret`, where it was made here, is shown this once'),
      409: notFor,
      422: problem('invalid_request', 'webhook_url_denied'),
      503: notNow,
      507: unwritable,
    },
    examples: { body: wished, answers: { 201: created } },
    handle: async ({ body, caller }, { control }) => reply(201, await control.webhooks.create(body, actorOf(caller))),
  }),
  route({
    method: 'GET',
    path: `${path}/deliveries`,
    summary: 'What was sent, with each attempt',
    scope: 'read',
    tag,
    query: z.strictObject({
      limit: wholeNumber(1, 100).default(20),
      before: z.string().max(2000).optional().meta({ description: 'The `next` of the page before' }),
      webhook: WebhookId.optional(),
    }),
    answers: { 200: json(DeliveryPage, 'Those under way first, then the last that ended'), 422: problem('invalid_request'), 503: unavailable },
    examples: { answers: { 200: { deliveries: [delivered], next: null } } },
    handle: async ({ query }, { control }) => reply(200, await control.webhooks.deliveries(query)),
  }),
  route({
    method: 'POST',
    path: `${path}/deliveries/{delivery_id}/redeliver`,
    summary: 'Send an event again, under its own id',
    scope: 'admin',
    tag,
    params: z.strictObject({ delivery_id: z.string().min(1).max(400) }),
    body: nothingMore,
    answers: {
      202: json(Delivery, 'On its way, signed and timed anew, to where the endpoint is now'),
      404: problem('unknown_delivery', 'unknown_webhook'),
      422: problem('invalid_request'),
      503: unavailable,
    },
    examples: { answers: { 202: { ...delivered, state: 'pending', attempts: [], ended_at: null, redelivery: true } } },
    handle: async ({ params, caller }, { control }) => reply(202, await control.webhooks.redeliver(params.delivery_id, actorOf(caller))),
  }),
  route({
    method: 'PUT',
    path: `${path}/{id}`,
    summary: 'Change an endpoint; what is left out goes back to its default, the secret stays',
    scope: 'admin',
    tag,
    params: id,
    body: WebhookBody,
    answers: {
      200: json(WebhookView, 'As it is now. Enabled: it starts afresh, also after it was switched off by itself'),
      404: problem('unknown_webhook'),
      409: notFor,
      422: problem('invalid_request', 'webhook_url_denied'),
      503: notNow,
      507: unwritable,
    },
    examples: { body: wished, answers: { 200: endpoint } },
    handle: async ({ params, body, caller }, { control }) => reply(200, await control.webhooks.update(params.id, body, actorOf(caller))),
  }),
  route({
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Send nothing there any more',
    scope: 'admin',
    tag,
    params: id,
    body: nothingMore,
    answers: {
      200: json(Removed, 'Gone; what was still on its way to it is dropped'),
      404: problem('unknown_webhook'),
      409: notFor,
      422: problem('invalid_request'),
      503: notNow,
      507: unwritable,
    },
    examples: { answers: { 200: { removed: endpoint.id } } },
    handle: async ({ params, caller }, { control }) => {
      await control.webhooks.remove(params.id, actorOf(caller))
      return reply(200, { removed: params.id })
    },
  }),
  route({
    method: 'POST',
    path: `${path}/{id}/test`,
    summary: 'Send a ping there, once',
    scope: 'admin',
    tag,
    params: id,
    body: nothingMore,
    answers: {
      200: json(Delivery, 'How it went; still `pending` where the receiver takes long'),
      404: problem('unknown_webhook'),
      422: problem('invalid_request'),
      503: unavailable,
    },
    examples: { answers: { 200: { ...delivered, type: 'ping' } } },
    handle: async ({ params, caller }, { control }) => reply(200, await control.webhooks.test(params.id, actorOf(caller))),
  }),
  route({
    method: 'GET',
    path: '/docs/webhook-events.json',
    summary: 'The bodies of webhooks, as JSON Schema',
    scope: 'public',
    tag,
    answers: { 200: json(z.looseObject({}), 'One shape a type of event') },
    handle: () => reply(200, webhookEventsSchema()),
  }),
]
