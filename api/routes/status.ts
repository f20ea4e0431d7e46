import { z } from 'zod'
import { Status } from '../../domain/status.ts'
import { json, reply, replyText, route, text } from '../route.ts'

const tag = 'status'
const Alive = z.object({ ok: z.literal(true) })
const Ready = z.object({ ok: z.boolean(), parts: Status.shape.parts })

export const statusRoutes = [
  route({
    method: 'GET',
    path: '/api/status',
    summary: 'What each host holds, what runs, who holds the lock, and which part is down',
    scope: 'read',
    tag,
    answers: { 200: json(Status, 'The status; what is not known is null') },
    handle: async (_request, { control }) => reply(200, await control.readStatus()),
  }),
  route({
    method: 'GET',
    path: '/healthz',
    summary: 'Is this process up',
    scope: 'public',
    tag,
    answers: { 200: json(Alive, 'It is') },
    handle: () => reply(200, { ok: true as const }),
  }),
  route({
    method: 'GET',
    path: '/readyz',
    summary: 'Could a swap be asked for now, and if not, which part is down',
    scope: 'public',
    tag,
    answers: { 200: json(Ready, 'Every part answers'), 503: json(Ready, 'A part is down') },
    handle: async (_request, { control }) => {
      const { parts } = await control.readStatus()
      const ok = Object.values(parts).every((part) => part.ok)
      return ok ? reply(200, { ok, parts }) : reply(503, { ok, parts }, { 'Retry-After': '2' })
    },
  }),
  route({
    method: 'GET',
    path: '/metrics',
    summary: 'Figures for Prometheus',
    scope: 'read',
    tag,
    answers: { 200: text('text/plain; version=0.0.4; charset=utf-8', 'Prometheus text') },
    handle: async (_request, { control, metrics }) => {
      const [status, recent] = await Promise.all([control.readStatus(), control.listSwaps({ limit: 100 }).catch(() => ({ swaps: [] }))])
      return replyText(200, await metrics.expose(status, recent.swaps))
    },
  }),
]
