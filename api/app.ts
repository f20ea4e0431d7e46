import Koa from 'koa'
import compress from 'koa-compress'
import type { RequestState } from './context.ts'
import type { AppDeps } from './deps.ts'
import { docsPage } from './docs/page.ts'
import { bodyLimit } from './middleware/body.ts'
import { crossOrigin } from './middleware/cross-origin.ts'
import { hostAllowList } from './middleware/host-allow-list.ts'
import { problems } from './middleware/problems.ts'
import { requestLog } from './middleware/request-log.ts'
import { securityHeaders } from './middleware/security-headers.ts'
import { createPages } from './pages/index.ts'
import { routeTable } from './route-table.ts'
import { nobodyAnswered, router } from './router.ts'

/** Never event streams: a compressor holds their messages back. */
const compressible = /^(text\/(?!event-stream)|application\/(json|problem\+json|javascript)|image\/svg)/

export interface App {
  readonly koa: Koa<RequestState>
  /** Ends every open stream; what is asked after it is still answered. */
  close(): void
}

/** The whole HTTP side, without a socket. `onUndeclared` hears of answers that the route table does not know: tests throw there. */
export function createApp(deps: AppDeps, onUndeclared = (words: string) => deps.log.error(words)): App {
  const koa = new Koa<RequestState>()
  const pages = createPages(deps)
  const api = router(routeTable, deps, { onUndeclared })

  koa.on('error', (error: unknown) => {
    // A viewer who leaves in the middle of a stream is no error of ours.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'))
      deps.log.error({ err: error }, 'an answer broke off')
  })
  koa.use(requestLog(deps.log, deps.metrics))
  koa.use(securityHeaders)
  koa.use(compress({ filter: (type) => compressible.test(type) }))
  koa.use(problems(deps.log))
  koa.use(hostAllowList(() => deps.config.read().settings.allowed_hosts))
  koa.use(crossOrigin)
  koa.use(bodyLimit)
  koa.use(api.middleware)
  koa.use(docsPage())
  pages.mountOn(koa)
  koa.use(nobodyAnswered(api.allowed))
  return {
    koa,
    close() {
      api.close()
      pages.close()
    },
  }
}
