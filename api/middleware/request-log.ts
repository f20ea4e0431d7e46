import type { Logger } from 'pino'
import type { Middleware } from '../context.ts'
import type { Metrics } from '../metrics.ts'

const quietRoutes = new Set(['/healthz', '/readyz', '/metrics'])

/** One line and one measure a request, when its answer is out: the route's pattern, never a header, query or body (there may be secrets in them). */
export const requestLog =
  (log: Logger, metrics: Metrics): Middleware =>
  async (ctx, next) => {
    const started = performance.now()
    ctx.res.once('close', () => {
      const route = ctx.state.routePath ?? 'none'
      const duration_s = (performance.now() - started) / 1000
      metrics.observeRequest({ method: ctx.method, route, status: ctx.res.statusCode, duration_s })
      const level = quietRoutes.has(route) ? 'debug' : 'info'
      log[level]({ method: ctx.method, route, status: ctx.res.statusCode, duration_s, request_id: ctx.state.requestId }, 'request')
    })
    await next()
  }
