import { PassThrough } from 'node:stream'
import Router from '@koa/router'
import type Koa from 'koa'
import { pageDocument, pages } from '../../views/page.ts'
import { paths } from '../../views/paths.ts'
import type { Context, RequestState } from '../context.ts'
import type { AppDeps } from '../deps.ts'
import { createAssets } from './assets.ts'
import { auditPage } from './audit.ts'
import { dashboardPage } from './dashboard.ts'
import { dialogRoutes } from './dialog-routes.ts'
import { formRoutes, originOf } from './form-action.ts'
import { hostsPage } from './hosts.ts'
import type { LiveView } from './live-view.ts'
import { modelsPage } from './models.ts'
import type { PageModule } from './page-module.ts'
import { createRegionHub, type RegionHub } from './region-hub.ts'
import { schedulesPage } from './schedules.ts'
import { settingsPage } from './settings.ts'
import { setupPage } from './setup.ts'
import { swapsPage } from './swaps.ts'
import { webhooksPage } from './webhooks.ts'

export interface Pages {
  /** To be called behind the guards and the body limit, before the answer for unknown addresses. */
  mountOn(app: Koa<RequestState>): void
  /** Stops looking and ends every page's stream. */
  close(): void
}

/** All pages, their streams, their dialogs and their forms. */
export function createPages({ control, log }: Pick<AppDeps, 'control' | 'log'>): Pages {
  const { assets, middleware: assetMiddleware } = createAssets()
  const modules = pageModules(control)
  const hub = createRegionHub({ log })
  const streams = new Set<PassThrough>()
  const router = new Router<RequestState>()

  for (const module of modules) {
    const { path } = pages[module.page]
    router.get(path, async (ctx) => {
      ctx.state.routePath = path
      ctx.set('Cache-Control', 'no-store')
      ctx.type = 'html'
      const view = module.view(ctx.URL.searchParams, originOf(ctx))
      ctx.body = pageDocument({ page: view.page, stream: view.stream, ...(await view.look()) }, assets)
    })
  }
  router.get(paths.events, (ctx) => {
    ctx.state.routePath = paths.events
    const query = ctx.URL.searchParams
    const module = moduleNamed(query.get('view'), modules)
    const stream = openStream(ctx, hub, module.view(query, originOf(ctx)))
    streams.add(stream)
    stream.once('close', () => streams.delete(stream))
  })

  const routers = [
    router,
    dialogRoutes(modules),
    formRoutes(
      modules.flatMap(({ forms }) => forms),
      { hub, log },
    ),
  ]
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

type Modules = readonly [PageModule, ...PageModule[]]

export const pageModules = (control: AppDeps['control']): Modules => [
  dashboardPage(control),
  modelsPage(control),
  hostsPage(control),
  swapsPage(control),
  schedulesPage(control),
  webhooksPage(control),
  auditPage(control),
  settingsPage(control),
  setupPage(control),
]

/** The stream without a name is the dashboard's. */
const moduleNamed = (name: string | null, modules: Modules): PageModule => modules.find(({ page }) => page === name) ?? modules[0]

/** A viewer that reads slower than this much is let go: it connects again and gets the whole page. */
const backlogBytes = 1024 * 1024

function openStream(ctx: Context, hub: RegionHub, view: LiveView): PassThrough {
  const stream = new PassThrough()
  const leave = hub.join(view, (message) => {
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
