import type { Logger } from 'pino'
import type { Middleware } from '../context.ts'
import type { Metrics } from '../metrics.ts'

/**
 * One line and one measure a request, when its answer is out: the route's pattern, never a header, query or body (there may be secrets in them).
 * Lines of what changed nothing are for debugging: viewers and waiting contenders would drown the others.
 */
export const requestLog =
  (log: Logger, metrics: Metrics): Middleware =>
  async (ctx, next) => {
    const started = performance.now()
    ctx.state.refusedAs = null
    ctx.res.once('close', () => {
      const route = ctx.state.routePath ?? 'none'
      const duration_s = (performance.now() - started) / 1000
      const { refusedAs } = ctx.state
      metrics.observeRequest({ method: ctx.method, route, status: ctx.res.statusCode, duration_s })
      if (refusedAs !== null) metrics.observeRefusal(route, refusedAs)
      log[levelOf(ctx.method, ctx.res.statusCode)](
        {
          method: ctx.method,
          route,
          status: ctx.res.statusCode,
          ...(refusedAs !== null && { code: refusedAs }),
          duration_s,
          request_id: ctx.state.requestId,
        },
        'request',
      )
    })
    await next()
  }

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

const levelOf = (method: string, status: number): 'warn' | 'info' | 'debug' =>
  status === 500 ? 'warn' : reading.has(method) || status >= 400 ? 'debug' : 'info'
