import { z } from 'zod'
import { ErrorCode, errors } from '../../domain/errors.ts'
import { openApiDocument } from '../openapi.ts'
import { json, problem, reply, route, type Route } from '../route.ts'

const tag = 'docs'
const ErrorExplained = z.object({
  code: ErrorCode,
  status: z.int(),
  class: z.enum(['retryable', 'memory', 'fatal']),
  title: z.string(),
  advice: z.string(),
})

const explained = (code: ErrorCode): z.infer<typeof ErrorExplained> => ({ code, ...errors[code] })

/** Routes about the table itself: hence they are given it, once it is whole. */
export const docsRoutes = (table: () => readonly Route[]) => [
  route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API, as OpenAPI 3.1',
    scope: 'public',
    tag,
    answers: { 200: json(z.looseObject({ openapi: z.string() }), 'The document') },
    handle: () => reply(200, { ...openApiDocument(table()) }),
  }),
  route({
    method: 'GET',
    path: '/docs/errors',
    summary: 'Every error code',
    scope: 'public',
    tag,
    answers: { 200: json(z.object({ errors: z.array(ErrorExplained) }), 'The catalogue') },
    handle: () => reply(200, { errors: ErrorCode.options.map(explained) }),
  }),
  route({
    method: 'GET',
    path: '/docs/errors/{code}',
    summary: 'One error code explained: the `type` of problem documents',
    scope: 'public',
    tag,
    params: z.strictObject({ code: ErrorCode }),
    answers: { 200: json(ErrorExplained, 'What it means and what to do'), 422: problem('invalid_request') },
    handle: ({ params }) => reply(200, explained(params.code)),
  }),
]
