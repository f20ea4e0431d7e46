import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { errors } from '../../domain/errors.ts'
import { Problem, problemDocument } from '../../domain/problem.ts'
import type { Context, Middleware } from '../context.ts'

/**
 * Outermost: gives each request an id, and turns whatever goes wrong further in into a problem document (RFC 9457).
 * An error that nobody foresaw is logged under the request's id and never shown.
 */
export const problems =
  (log: Logger): Middleware =>
  async (ctx, next) => {
    ctx.state.requestId = randomUUID()
    ctx.state.routePath = null
    ctx.set('X-Request-Id', ctx.state.requestId)
    try {
      await next()
    } catch (error) {
      const problem = error instanceof Problem ? error : unforeseen(error, ctx, log)
      answerProblem(ctx, problem)
    }
  }

/** Writes the document of a problem as this request's answer. */
function answerProblem(ctx: Context, problem: Problem): void {
  ctx.state.refusedAs = problem.code
  ctx.status = errors[problem.code].status
  if (problem.retryAfterS !== null) ctx.set('Retry-After', String(Math.ceil(problem.retryAfterS)))
  ctx.set('Cache-Control', 'no-store')
  ctx.body = JSON.stringify(problemDocument(problem, ctx.state.requestId))
  ctx.type = 'application/problem+json'
}

function unforeseen(error: unknown, ctx: Context, log: Logger): Problem {
  // Koa and its router throw errors of their own for paths that cannot be decoded.
  if (error instanceof URIError || statusOf(error) === 400) return new Problem('not_found', 'The address cannot be read')
  log.error({ err: error, request_id: ctx.state.requestId, method: ctx.method, path: ctx.path }, 'a request failed in an unforeseen way')
  return new Problem('unexpected')
}

const statusOf = (error: unknown): unknown => (error instanceof Error && 'status' in error ? error.status : undefined)
