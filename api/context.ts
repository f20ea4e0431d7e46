import type { ErrorCode } from '../domain/errors.ts'
import type { Middleware as KoaMiddleware, ParameterizedContext } from 'koa'

/** What the guards leave for whoever answers. */
export interface RequestState {
  /** Names this request in the log, in the `X-Request-Id` header and in every problem document. */
  requestId: string
  /** The body as it came, already within its limit; empty when there was none. */
  rawBody: Buffer
  /** The path as the route table writes it; null when no route took the request. */
  routePath: string | null
  /** The code of the problem that answers it; null for all that went well. */
  refusedAs: ErrorCode | null
}

export type Context = ParameterizedContext<RequestState>
export type Middleware = KoaMiddleware<RequestState>
