import { Readable } from 'node:stream'
import { z } from 'zod'
import { HostName, ModelKey, oneLine, SwapId } from '../../domain/names.ts'
import { AlreadyServing, SwapAccepted, SwapPage } from '../../domain/swap-answer.ts'
import { Outcome, PlanReport, Swap, SwapBody } from '../../domain/swap.ts'
import { callerHeaders, nameless } from '../caller.ts'
import { flag, wholeNumber } from '../query.ts'
import { json, problem, reply, replyText, route, text, unavailable } from '../route.ts'
import { sseText } from '../sse.ts'
import { reservedProblem } from './lock-examples.ts'
import {
  alreadyServing,
  busyProblem,
  endedProblem,
  endedSwap,
  idReusedProblem,
  planReport,
  queuedSwap,
  runningSwap,
  unknownModelProblem,
  unknownSwapProblem,
} from './swap-examples.ts'

const tag = 'swap'
const ById = z.strictObject({ id: SwapId })
const notThere = problem('unknown_swap')
/** What a survey found on a host that waiting will not mend. */
const hostUnfit = problem('host_key_unknown', 'host_key_changed', 'ssh_refused', 'fence_unwritable', 'disk_full', 'host_command_failed')
const CheckBody = z.strictObject({ hosts: z.array(HostName).min(1).max(16).optional() }).default({})

export const swapRoutes = [
  route({
    method: 'POST',
    path: '/api/swap',
    summary: 'Replace what hosts serve',
    scope: 'swap',
    tag,
    query: z.strictObject({
      force: flag.optional().meta({ description: 'Override a reservation; needs `reason`. Never overrides a running swap.' }),
    }),
    headers: z.object(callerHeaders),
    body: SwapBody,
    answers: {
      202: json(SwapAccepted, 'Accepted; `Location` has its address'),
      200: json(z.union([AlreadyServing, PlanReport]), 'Already serving, or the report of a dry run'),
      404: problem('unknown_model'),
      409: problem('busy', 'queue_full', 'no_free_host', 'lock_stale', 'quarantined', 'foreign_cluster', 'stale_fence'),
      422: problem('invalid_request', 'unknown_host', 'ambiguous_unload', 'too_many_hosts', 'too_few_hosts', 'id_reused'),
      423: problem('reserved'),
      502: hostUnfit,
      503: unavailable,
    },
    examples: {
      body: { model: 'qwen3-30b', hosts: ['spark-1'], on_busy: 'queue', reason: 'embeddings of the day' },
      answers: { 202: queuedSwap, 200: alreadyServing, 404: unknownModelProblem, 409: busyProblem, 422: idReusedProblem, 423: reservedProblem },
    },
    handle: async ({ body, query, caller }, { control }) => {
      const answer = await control.requestSwap(body, caller, { force: query.force ?? false })
      switch (answer.kind) {
        case 'accepted':
          return reply(202, answer.swap, { Location: `/api/swap/${answer.swap.swap_id}` })
        case 'already_serving':
          return reply(200, answer.serving)
        case 'planned':
          return reply(200, answer.report)
      }
    },
  }),
  route({
    method: 'GET',
    path: '/api/swap',
    summary: 'List swaps: running ones, then the last that ended',
    scope: 'read',
    tag,
    query: z.strictObject({
      limit: wholeNumber(1, 100).default(20),
      before: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,2000}$/)
        .optional()
        .meta({ description: '`next` of the page before' }),
      model: ModelKey.optional(),
      outcome: Outcome.optional(),
    }),
    answers: { 200: json(SwapPage, 'One page'), 503: unavailable },
    examples: { answers: { 200: { swaps: [runningSwap, endedSwap], next: null } } },
    handle: async ({ query }, { control }) => reply(200, await control.listSwaps(query)),
  }),
  route({
    method: 'GET',
    path: '/api/swap/{id}',
    summary: 'One swap',
    scope: 'read',
    tag,
    params: ById,
    answers: { 200: json(Swap, 'The swap'), 404: notThere, 503: unavailable },
    examples: { answers: { 200: runningSwap, 404: unknownSwapProblem } },
    handle: async ({ params }, { control }) => reply(200, (await control.readSwap(params.id)).swap),
  }),
  route({
    method: 'GET',
    path: '/api/swap/{id}/stream',
    summary: 'Follow a swap: its record, log lines and progress as server-sent events',
    scope: 'read',
    tag,
    params: ById,
    headers: z.object({
      'last-event-id': z
        .string()
        .regex(/^\d{1,15}\.\d{1,15}$/, 'the id of an event of this stream')
        .optional()
        .meta({ description: 'Goes on after that event' }),
    }),
    answers: { 200: text('text/event-stream', 'Events `swap`, `log`, `progress`; the last is `end`'), 404: notThere, 503: unavailable },
    examples: {
      answers: { 200: `id: 15.8192\nevent: end\ndata: {"outcome":"completed"}\n\n`, 404: unknownSwapProblem },
    },
    handle: async ({ params, headers, gone }, { control }) => {
      await control.readSwap(params.id)
      const events = control.watchSwap(params.id, headers['last-event-id'] ?? null, gone)
      return replyText(200, Readable.from(sseText(events, gone)), { 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' })
    },
  }),
  route({
    method: 'POST',
    path: '/api/swap/{id}/cancel',
    summary: 'Cancel a swap: a queued one leaves the queue, a running one stops what it started and restores where asked',
    scope: 'swap',
    tag,
    params: ById,
    body: z.strictObject({ reason: oneLine(500).optional() }).default({}),
    answers: { 202: json(Swap, 'It is being cancelled; follow it to its end'), 404: notThere, 409: problem('swap_ended'), 503: unavailable },
    examples: { body: { reason: 'wrong model' }, answers: { 202: runningSwap, 404: unknownSwapProblem, 409: endedProblem } },
    handle: async ({ params, body, caller }, { control }) =>
      reply(202, await control.cancelSwap(params.id, body.reason ?? `cancelled by ${caller.name ?? nameless}`, caller)),
  }),
  route({
    method: 'POST',
    path: '/api/swap/{key}/validate',
    summary: 'Check a model: every preflight check and the exact commands, changing nothing',
    scope: 'read',
    tag,
    params: z.strictObject({ key: z.string().min(1).max(200) }),
    body: CheckBody,
    answers: {
      200: json(PlanReport, 'The report; `ok` says whether a swap would pass'),
      404: problem('unknown_model'),
      409: problem('no_free_host'),
      422: problem('invalid_request', 'unknown_host', 'too_many_hosts', 'too_few_hosts'),
      503: unavailable,
    },
    examples: { body: { hosts: ['spark-1'] }, answers: { 200: planReport, 404: unknownModelProblem } },
    handle: async ({ params, body }, { control }) => reply(200, await control.checkModel(params.key, body.hosts)),
  }),
]
