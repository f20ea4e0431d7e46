import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { errors, type ErrorCode } from '../domain/errors.ts'
import { Problem, problemDocument, type ProblemDocument, type ProblemFacts } from '../domain/problem.ts'
import type { AppDeps, Caller } from './deps.ts'
import { fit } from './fit.ts'

/** What a key must be allowed to do, once keys are configured. */
export type Scope = 'public' | 'read' | 'swap' | 'admin'

/** One possible answer of a route: JSON of a shape, text of a type, or a problem of one of these codes. */
export type AnswerSpec =
  | { readonly kind: 'json'; readonly schema: z.ZodType; readonly about: string }
  | { readonly kind: 'text'; readonly type: string; readonly about: string }
  | { readonly kind: 'problem'; readonly codes: readonly ErrorCode[]; readonly about: string }

export type Answers = Readonly<Record<number, AnswerSpec>>

export const json = <S extends z.ZodType>(schema: S, about: string) => ({ kind: 'json', schema, about }) as const
export const text = (type: string, about: string) => ({ kind: 'text', type, about }) as const
export const problem = (...codes: [ErrorCode, ...ErrorCode[]]) =>
  ({ kind: 'problem', codes, about: codes.map((code) => errors[code].title).join('; or: ') }) as const

/** Any state of the parts that this server stands on. */
export const unavailable = problem('temporal_down', 'worker_down', 'not_configured', 'config_invalid', 'surveying', 'expired')
export const unconfigured = problem('not_configured', 'config_invalid')

export interface Reply {
  readonly status: number
  readonly body?: unknown
  /** For answers of kind `text`: a stream is sent as it comes. */
  readonly text?: string | Readable
  readonly headers?: Readonly<Record<string, string>>
}

/** A status and body that the route's `answers` know; problems are thrown. */
type Declared<A extends Answers> = {
  [S in keyof A & number]: A[S] extends { kind: 'json'; schema: infer Z extends z.ZodType }
    ? { readonly status: S; readonly body: z.output<Z>; readonly headers?: Readonly<Record<string, string>> }
    : A[S] extends { kind: 'text' }
      ? { readonly status: S; readonly text: string | Readable; readonly headers?: Readonly<Record<string, string>> }
      : never
}[keyof A & number]

/** Ready-made replies; they keep the status a literal, so that the compiler checks it against `answers`. */
export const reply = <const S extends number, B>(status: S, body: B, headers: Readonly<Record<string, string>> = {}) => ({ status, body, headers })
export const replyText = <const S extends number>(status: S, content: string | Readable, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  text: content,
  headers,
})

/** A request before it was understood: path and query as text, the body parsed but unchecked (undefined when there was none). */
export interface RawRequest {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
  readonly caller: Caller
  /** Fires when the client goes away or the server ends. */
  readonly gone: AbortSignal
  /** Resolves when the whole answer was handed over to the connection; rejects when that broke before. */
  readonly answered: Promise<void>
}

/** One request and its answers as they really look: shown in the docs, and held against the schemas by a test. */
interface Examples<B extends z.ZodType, A extends Answers> {
  readonly body?: z.input<B>
  readonly answers?: {
    readonly [S in keyof A & number]?: A[S] extends { kind: 'json'; schema: infer Z extends z.ZodType }
      ? z.input<Z>
      : A[S] extends { kind: 'text' }
        ? string
        : ProblemDocument
  }
}

/** A refusal as an example of an answer. */
export const problemExample = (code: ErrorCode, detail: string = errors[code].title, facts: ProblemFacts = {}): ProblemDocument =>
  problemDocument(new Problem(code, detail, facts), '5f0c1f6e-8a86-4a3b-9f57-7d1f3a2b4c5d')

const nothing = z.strictObject({})

interface RouteSpec<P extends z.ZodObject, Q extends z.ZodObject, H extends z.ZodObject, B extends z.ZodType, A extends Answers> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** OpenAPI's way: `/api/swap/{id}`. */
  readonly path: string
  readonly summary: string
  readonly scope: Scope
  readonly tag: string
  readonly params?: P
  readonly query?: Q
  /** Headers that mean something here. Others are nobody's business, so unknown ones pass. */
  readonly headers?: H
  readonly body?: B
  readonly answers: A
  readonly examples?: Examples<B, A>
  readonly handle: (
    request: Omit<RawRequest, 'params' | 'query' | 'headers' | 'body'> & {
      readonly params: z.output<P>
      readonly query: z.output<Q>
      readonly headers: z.output<H>
      readonly body: z.output<B>
    },
    deps: AppDeps,
  ) => Promise<Declared<A>> | Declared<A>
}

/** A row of the route table: router, validation, OpenAPI, docs and contract tests all read it. */
export interface Route extends Omit<
  RouteSpec<z.ZodObject, z.ZodObject, z.ZodObject, z.ZodType, Answers>,
  'handle' | 'params' | 'query' | 'headers' | 'body' | 'examples'
> {
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  readonly headers: z.ZodObject
  readonly body: z.ZodType | null
  readonly examples?: { readonly body?: unknown; readonly answers?: Readonly<Record<number, unknown>> }
  /** Checks the request, then answers it. Throws `invalid_request` naming every field that does not fit. */
  readonly respond: (raw: RawRequest, deps: AppDeps) => Promise<Reply>
}

export function route<
  A extends Answers,
  P extends z.ZodObject = typeof nothing,
  Q extends z.ZodObject = typeof nothing,
  H extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<P, Q, H, B, A>): Route {
  const { handle, ...row } = spec
  const params = spec.params ?? nothing
  const query = spec.query ?? nothing
  const headers = spec.headers ?? z.object({})
  const body = spec.body ?? null
  return {
    ...row,
    params,
    query,
    headers,
    body,
    respond: async (raw, deps) => {
      const { caller, gone, answered } = raw
      const checked = {
        // Each is the schema that the spec gave, or, where it gave none, the one that its type parameter defaults to.
        params: fit(params, raw.params, 'path') as z.output<P>,
        query: fit(query, raw.query, 'query') as z.output<Q>,
        headers: fit(headers, raw.headers, 'header') as z.output<H>,
        body: (body === null ? undefined : fit(body, raw.body, 'body')) as z.output<B>,
      }
      return await handle({ caller, gone, answered, ...checked }, deps)
    },
  }
}
