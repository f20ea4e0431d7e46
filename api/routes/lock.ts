import { z } from 'zod'
import { Problem } from '../../domain/problem.ts'
import { AcquireBody, ExtendBody, ForceReleaseBody, Lock, LockGranted } from '../../domain/lock.ts'
import { callerHeaders } from '../caller.ts'
import { fit } from '../fit.ts'
import { flag, wholeNumber } from '../query.ts'
import { json, problem, reply, route, unavailable } from '../route.ts'
import { acquired, heldLock, reservedProblem, staleProblem } from './lock-examples.ts'

const tag = 'lock'
const path = '/api/swap/lock'
const Released = z.object({ released: z.int().meta({ description: 'How many reservations ended' }) })
const { 'idempotency-key': _, ...lockHeaders } = callerHeaders
const headers = z.object(lockHeaders)

export const lockRoutes = [
  route({
    method: 'GET',
    path,
    summary: 'Who holds the right to swap',
    scope: 'read',
    tag,
    answers: { 200: json(Lock, 'The first reservation, and in `locks` all of them; in `line` who waits'), 503: unavailable },
    examples: { answers: { 200: heldLock } },
    handle: async (_request, { control }) => reply(200, await control.readLock()),
  }),
  route({
    method: 'POST',
    path,
    summary: 'Reserve the right to swap; with the token header: extend',
    scope: 'swap',
    tag,
    headers,
    query: z.strictObject({ wait_s: wholeNumber(0, 55).default(0).meta({ description: 'How long to stand in line while someone else holds it' }) }),
    // One shape in the docs; which of the two it must be is decided by the header.
    body: z.looseObject({ ...AcquireBody.partial({ holder: true }).shape }).default({ ttl_s: 600 }),
    answers: {
      201: json(LockGranted, 'It is yours'),
      200: json(LockGranted, 'It was yours already, or is extended'),
      409: problem('lock_stale', 'queue_full'),
      422: problem('invalid_request', 'unknown_host'),
      423: problem('reserved'),
      503: unavailable,
    },
    examples: {
      body: { holder: 'nightly-batch', ttl_s: 600, purpose: 'embeddings of the day' },
      answers: { 201: acquired, 200: acquired, 409: staleProblem, 423: reservedProblem },
    },
    handle: async ({ body, query, caller, gone, answered }, { control }) => {
      if (caller.lockToken !== null) {
        return reply(200, await control.extendLock(fit(ExtendBody, body, 'body').ttl_s, caller.lockToken, caller))
      }
      const { created, lock } = await control.acquireLock(fit(AcquireBody, body, 'body'), caller, { waitS: query.wait_s, gone, answered })
      return created ? reply(201, lock) : reply(200, lock)
    },
  }),
  route({
    method: 'DELETE',
    path,
    summary: 'Release your lock; with ?force=true and a reason: anybody’s',
    scope: 'swap',
    tag,
    headers,
    query: z.strictObject({ force: flag.default(false) }),
    body: ForceReleaseBody.optional(),
    answers: {
      200: json(Released, 'Released. Running swaps go on'),
      409: problem('lock_stale'),
      422: problem('invalid_request', 'unknown_host'),
      503: unavailable,
    },
    examples: { body: { reason: 'its owner is on holiday', hosts: ['spark-1'] }, answers: { 200: { released: 1 }, 409: staleProblem } },
    handle: async ({ body, query, caller }, { control }) => {
      if (query.force) return reply(200, await control.forceReleaseLock(fit(ForceReleaseBody, body, 'body'), caller))
      if (caller.lockToken === null) throw missing('header x-swap-lock-token', 'is needed, or ?force=true with a reason')
      return reply(200, await control.releaseLock(caller.lockToken, caller))
    },
  }),
]

const missing = (field: string, message: string): Problem => new Problem('invalid_request', `${field}: ${message}`, { errors: [{ field, message }] })
