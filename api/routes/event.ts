import { Readable } from 'node:stream'
import { z } from 'zod'
import { EventPage, EventType, type AuditEvent } from '../../domain/events.ts'
import { wholeNumber } from '../query.ts'
import { json, problem, reply, replyText, route, text } from '../route.ts'
import { sseText, type StreamMessage } from '../sse.ts'

const tag = 'events'

/** `?type=a,b` and `?type=a&type=b` mean the same. */
const types = z
  .union([z.string(), z.array(z.string()).max(50)])
  .transform((given) => [given].flat().flatMap((words) => words.split(',')))
  .pipe(z.array(EventType).max(100))
  .optional()
  .meta({
    description: 'Only these types. Several: repeated, or with commas',
    override: ({ jsonSchema }) => {
      delete jsonSchema.anyOf
      Object.assign(jsonSchema, { type: 'array', items: { type: 'string', enum: EventType.options } })
    },
  })

const seq = z.string().regex(/^\d{1,16}$/, 'the `seq` of an event')
const time = z.iso.datetime({ offset: true, error: 'the `seq` of an event, or a time as in 2026-03-01T04:00:00Z' })

const forced: AuditEvent = {
  seq: 1772337600000042,
  id: 'evt_1772337600000042',
  type: 'lock_forced',
  timestamp: '2026-03-01T04:12:07.118Z',
  actor: { name: 'anna', address: '192.168.1.20' },
  hosts: ['spark-1', 'spark-2'],
  swap_id: null,
  schedule: null,
  fence: 1772337600001,
  reason: 'the nightly job hangs',
  result: null,
  before: { holder: 'nightly-batch', hosts: ['spark-1', 'spark-2'], fence: 1772337600001 },
  after: null,
  data: null,
}

export const eventRoutes = [
  route({
    method: 'GET',
    path: '/api/events',
    summary: 'The audit trail: who did what, and how it went',
    scope: 'read',
    tag,
    query: z.strictObject({
      type: types,
      since: z
        .union([seq, time])
        .optional()
        .meta({ description: 'What came after this `seq`, or since this time; oldest first. Left out: the newest first' }),
      limit: wholeNumber(1, 1000).default(100),
    }),
    answers: {
      200: json(EventPage, 'Events; with `next` as `since` it goes on. An empty page: there are no more yet'),
      422: problem('invalid_request'),
    },
    examples: { answers: { 200: { events: [forced], next: String(forced.seq) } } },
    handle: async ({ query }, { control }) =>
      reply(200, await control.events.list({ types: query.type ?? null, since: query.since ?? null, limit: query.limit })),
  }),
  route({
    method: 'GET',
    path: '/api/events/stream',
    summary: 'The audit trail as it grows, as server-sent events',
    scope: 'read',
    tag,
    query: z.strictObject({ type: types }),
    headers: z.object({
      'last-event-id': seq.optional().meta({ description: 'The `seq` of the last event that you have: goes on after it. Left out: from now on' }),
    }),
    answers: { 200: text('text/event-stream', 'Events `audit`; the id of each is its `seq`'), 422: problem('invalid_request') },
    handle: ({ query, headers, gone }, { control }) => {
      const last = headers['last-event-id']
      const events = control.events.watch({ types: query.type ?? null, afterSeq: last === undefined ? null : Number(last) }, gone)
      return replyText(200, Readable.from(sseText(messagesOf(events), gone)), {
        'Cache-Control': 'no-store, no-transform',
        'X-Accel-Buffering': 'no',
      })
    },
  }),
]

async function* messagesOf(events: AsyncIterable<AuditEvent>): AsyncGenerator<StreamMessage> {
  for await (const event of events) yield { id: String(event.seq), event: 'audit', data: event }
}
