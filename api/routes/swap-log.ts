import { z } from 'zod'
import { SwapId } from '../../domain/names.ts'
import { LogOf, SwapLogList, SwapLogPage, type LogPlace } from '../../domain/swap-log.ts'
import { wholeNumber } from '../query.ts'
import { json, problem, problemExample, reply, replyText, route, text, unavailable } from '../route.ts'
import { unknownSwapProblem } from './swap-examples.ts'

const tag = 'swap'
const ById = z.strictObject({ id: SwapId })
const Place = z
  .strictObject({
    of: LogOf.optional(),
    lines: wholeNumber(1, 5000).default(500).meta({ description: 'How many at most' }),
    offset: wholeNumber(0, 999_999_999).optional().meta({ description: 'What follows this byte (`next_offset` of the page before), up to 64 kB' }),
    before: wholeNumber(0, 999_999_999).optional().meta({ description: 'What stands before this byte (`offset` of the page after)' }),
  })
  .refine(({ offset, before }) => offset === undefined || before === undefined, { message: 'one of `offset` and `before`', path: ['before'] })

const notThere = problem('unknown_swap', 'unknown_log')
const unknownLog = problemExample('unknown_log', 'No last words of vllm_node on spark-2 were kept by swap 20261124-220001-9f3c21ab')
const list: SwapLogList = {
  logs: [
    { of: null, host: null, container: null, container_id: null, bytes: 18_231, saved_at: '2026-11-24T22:04:31.020Z' },
    {
      ...{ of: 'spark-1/vllm_node/3f2a9c1b04de', host: 'spark-1', container: 'vllm_node', container_id: '3f2a9c1b04de' },
      ...{ bytes: 96_410, saved_at: '2026-11-24T22:00:05.511Z' },
    },
  ],
}
const page: SwapLogPage = {
  of: 'spark-1/vllm_node/3f2a9c1b04de',
  lines: ['2026-11-24T22:00:03.870511204Z (APIServer pid=1) INFO:     Shutting down'],
  offset: 96_337,
  next_offset: 96_410,
  bytes: 96_410,
}
const placeOf = ({ lines, offset, before }: LogPlace): LogPlace => ({ lines, offset, before })

/** What was written while a swap ran, and the last words of the containers that it stopped. Without `offset` or `before` the newest lines. */
export const swapLogRoutes = [
  route({
    method: 'GET',
    path: '/api/swap/{id}/log',
    summary: 'The log of a swap, or the last words of a container that it stopped, as text',
    scope: 'read',
    tag,
    params: ById,
    query: Place,
    answers: {
      200: text(
        'text/plain; charset=utf-8',
        'One line a line: time, phase, text; of last words as docker had it. `X-Log-Next-Offset` is where to go on',
      ),
      404: notThere,
      503: unavailable,
    },
    examples: { answers: { 200: '2026-11-24T22:00:09.870Z launch Loading safetensors checkpoint shards: 56%\n', 404: unknownSwapProblem } },
    handle: async ({ params, query }, { control }) => {
      await control.readSwap(params.id)
      const { lines, next_offset: next } = await control.readSwapLog(params.id, query.of ?? null, placeOf(query))
      return replyText(200, lines.map((line) => `${line}\n`).join(''), { 'X-Log-Next-Offset': String(next) })
    },
  }),
  route({
    method: 'GET',
    path: '/api/swap/{id}/log/lines',
    summary: 'The same as JSON, with where to go on and what to read before',
    scope: 'read',
    tag,
    params: ById,
    query: Place,
    answers: { 200: json(SwapLogPage, 'Whole lines'), 404: notThere, 503: unavailable },
    examples: { answers: { 200: page, 404: unknownLog } },
    handle: async ({ params, query }, { control }) => {
      await control.readSwap(params.id)
      return reply(200, await control.readSwapLog(params.id, query.of ?? null, placeOf(query)))
    },
  }),
  route({
    method: 'GET',
    path: '/api/swap/{id}/logs',
    summary: 'Which logs a swap has: its own, and the last words of the containers that it stopped',
    scope: 'read',
    tag,
    params: ById,
    answers: { 200: json(SwapLogList, 'Its own first, then last words, oldest first'), 404: problem('unknown_swap'), 503: unavailable },
    examples: { answers: { 200: list, 404: unknownSwapProblem } },
    handle: async ({ params }, { control }) => {
      await control.readSwap(params.id)
      return reply(200, await control.listSwapLogs(params.id))
    },
  }),
]
