import { PassThrough } from 'node:stream'
import Router from '@koa/router'
import type Koa from 'koa'
import { dashboard } from '../../views/page.ts'
import { paths } from '../../views/paths.ts'
import type { Context, RequestState } from '../context.ts'
import type { AppDeps } from '../deps.ts'
import { actionRoutes } from './actions.ts'
import { createAssets } from './assets.ts'
import { dialogRoutes } from './dialogs.ts'
import { createPageReader } from './read-page.ts'
import { createRegionHub, type RegionHub } from './region-hub.ts'

export interface Pages {
  /** To be called behind the guards and the body limit, before the answer for unknown addresses. */
  mountOn(app: Koa<RequestState>): void
  /** Stops looking and ends every page's stream. */
  close(): void
}

/** The dashboard: one page, its stream, its dialogs and its forms. */
export function createPages({ control, log }: Pick<AppDeps, 'control' | 'log'>): Pages {
  const { assets, middleware: assetMiddleware } = createAssets()
  const read = createPageReader(control)
  const hub = createRegionHub({ read, log })
  const streams = new Set<PassThrough>()
  const router = new Router<RequestState>()

  router.get(paths.home, async (ctx) => {
    ctx.state.routePath = paths.home
    ctx.set('Cache-Control', 'no-store')
    ctx.type = 'html'
    ctx.body = dashboard(await read(), assets)
  })
  router.get(paths.events, (ctx) => {
    ctx.state.routePath = paths.events
    const stream = openStream(ctx, hub)
    streams.add(stream)
    stream.once('close', () => streams.delete(stream))
  })

  const routers = [router, dialogRoutes(control, read), actionRoutes({ control, hub, log })]
  return {
    mountOn(app) {
      for (const one of assetMiddleware) app.use(one)
      for (const one of routers) app.use(one.routes())
    },
    close() {
      hub.close()
      for (const stream of streams) stream.destroy()
    },
  }
}

/** A viewer that reads slower than this much is let go: it connects again and gets the whole page. */
const backlogBytes = 1024 * 1024

function openStream(ctx: Context, hub: RegionHub): PassThrough {
  const stream = new PassThrough()
  const leave = hub.join((message) => {
    if (stream.writableLength > backlogBytes) stream.destroy()
    else stream.write(message)
  })
  stream.once('close', leave)
  ctx.res.once('close', () => stream.destroy())
  ctx.set('Cache-Control', 'no-store, no-transform')
  ctx.type = 'text/event-stream'
  ctx.body = stream
  return stream
}
