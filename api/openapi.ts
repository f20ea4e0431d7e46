import type { z } from 'zod'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi'
import packageFile from '../package.json' with { type: 'json' }
import { errors, type ErrorCode } from '../domain/errors.ts'
import { eventTypes } from '../domain/events.ts'
import { ProblemDocument } from '../domain/problem.ts'
import { describedEventTypes, webhookBodySchema } from '../domain/webhooks/event-schema.ts'
import type { AnswerSpec, Route } from './route.ts'
import { everywhere } from './router.ts'

type Document = ReturnType<typeof createDocument>
const made = new WeakMap<readonly Route[], Document>()

/** The OpenAPI 3.1 document of a route table. Made once a table. */
export function openApiDocument(table: readonly Route[]): Document {
  const known = made.get(table)
  if (known !== undefined) return known
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Spark Control',
      version: packageFile.version,
      description: packageFile.description,
    },
    servers: [{ url: '/' }],
    tags: ['swap', 'lock', 'schedules', 'webhooks', 'events', 'models', 'services', 'settings', 'status', 'docs'].map((name) => ({ name })),
    paths: pathsOf(table),
    webhooks: webhooks(),
  })
  made.set(table, document)
  return document
}

/** What receivers are sent, one entry a type of event. */
const webhooks = (): Record<string, { post: ZodOpenApiOperationObject }> =>
  Object.fromEntries(
    describedEventTypes.map((type) => {
      const schema = webhookBodySchema(type)
      const requestBody = { required: true, content: { 'application/json': { schema } } }
      const responses = { '2XX': { description: 'Taken' }, default: { description: 'Sent again later; 410: never again' } }
      return [type, { post: { summary: eventTypes[type].about, tags: ['webhooks'], requestBody, responses } }]
    }),
  )

function pathsOf(table: readonly Route[]): ZodOpenApiPathsObject {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const route of table) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  }
  return paths
}

const operation = (route: Route): ZodOpenApiOperationObject => ({
  operationId: operationId(route),
  summary: route.summary,
  tags: [route.tag],
  requestParams: {
    ...(hasFields(route.params) && { path: route.params }),
    ...(hasFields(route.query) && { query: route.query }),
    ...(hasFields(route.headers) && { header: route.headers }),
  },
  ...(route.body !== null && {
    requestBody: {
      required: !route.body.safeParse(undefined).success,
      content: { 'application/json': { schema: route.body, ...exampleOf(route.examples?.body) } },
    },
  }),
  responses: responses(route),
})

const hasFields = (object: z.ZodObject): boolean => Object.keys(object.shape).length > 0

/** `POST /api/swap/{id}/cancel` → `post_api_swap_id_cancel` */
const operationId = ({ method, path }: Route): string => `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')}`

function responses(route: Route): ZodOpenApiResponsesObject {
  const answers = new Map<number, AnswerSpec>(Object.entries(route.answers).map(([status, spec]) => [Number(status), spec]))
  for (const code of everywhere) {
    if (route.body === null && (code === 'bad_json' || code === 'wrong_content_type')) continue
    if (route.method === 'GET' && code === 'cross_origin') continue
    answers.set(errors[code].status, withCode(answers.get(errors[code].status), code))
  }
  const byStatus = [...answers].toSorted(([a], [b]) => a - b)
  return Object.fromEntries(byStatus.map(([status, spec]) => [String(status), response(spec, route.examples?.answers?.[status])]))
}

const exampleOf = (example: unknown): { example?: unknown } => (example === undefined ? {} : { example })

const withCode = (spec: AnswerSpec | undefined, code: ErrorCode): AnswerSpec =>
  spec === undefined || spec.kind === 'problem'
    ? { kind: 'problem', codes: [...new Set([...(spec?.codes ?? []), code])], about: spec === undefined ? errors[code].title : spec.about }
    : spec

function response(spec: AnswerSpec, example: unknown): ZodOpenApiResponseObject {
  switch (spec.kind) {
    case 'json':
      return { description: spec.about, content: { 'application/json': { schema: spec.schema, ...exampleOf(example) } } }
    case 'text':
      return { description: spec.about, content: { [spec.type.split(';')[0] ?? spec.type]: { schema: { type: 'string' }, ...exampleOf(example) } } }
    case 'problem':
      return {
        description: `${spec.about} (code: ${spec.codes.map((code) => `\`${code}\``).join(', ')})`,
        content: { 'application/problem+json': { schema: ProblemDocument, ...exampleOf(example) } },
      }
  }
}
