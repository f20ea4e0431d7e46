import { randomUUID } from 'node:crypto'
import Router from '@koa/router'
import { HostName, ModelKey, SwapId } from '../../domain/names.ts'
import { Problem, problemDocument } from '../../domain/problem.ts'
import { placements } from '../../views/actions.ts'
import { refusal } from '../../views/answer.ts'
import { cancelDialog } from '../../views/dialogs/cancel.ts'
import { dialogFrame } from '../../views/dialogs/frame.ts'
import { releaseDialog } from '../../views/dialogs/release.ts'
import { dryRunDialog } from '../../views/dialogs/report.ts'
import { swapDialog } from '../../views/dialogs/swap.ts'
import { unloadDialog } from '../../views/dialogs/unload.ts'
import type { Html } from '../../views/html.ts'
import type { PageData } from '../../views/page-data.ts'
import type { Context, RequestState } from '../context.ts'
import type { Control } from '../deps.ts'
import { fit } from '../fit.ts'
import { z } from 'zod'

const Hosts = z.array(HostName).max(16)

/** What the one dialog of the page shows, asked for when its button is pressed, so that it tells how things are at that moment. */
export function dialogRoutes(control: Control, read: () => Promise<PageData>): Router<RequestState> {
  const router = new Router<RequestState>()

  const dialog = (name: string, show: (query: URLSearchParams) => Promise<Html> | Html): void => {
    const path = `/ui/dialog/${name}`
    router.get(path, async (ctx) => {
      ctx.state.routePath = path
      ctx.set('Cache-Control', 'no-store')
      ctx.type = 'html'
      ctx.body = (await shownOrRefused(ctx, () => show(ctx.URL.searchParams))).toString()
    })
  }

  dialog('swap', async (query) =>
    swapDialog({
      model: control.readModel(fit(ModelKey, query.get('model'), 'query')),
      data: await read(),
      force: query.has('force'),
      attempt: randomUUID(),
    }),
  )
  dialog('dry-run', async (query) => {
    const model = control.readModel(fit(ModelKey, query.get('model'), 'query'))
    const hosts = fit(Hosts, query.getAll('hosts'), 'query')
    return dryRunDialog(model, hosts.length === 0 ? model.placement : hosts, placements(model, (await read()).status))
  })
  dialog('unload', async (query) => unloadDialog(fit(Hosts.min(1), query.getAll('hosts'), 'query'), await read(), randomUUID()))
  dialog('cancel', async (query) => cancelDialog((await control.readSwap(fit(SwapId, query.get('id'), 'query'))).swap, control.readModels()))
  dialog('release', async (query) => {
    const hosts = fit(Hosts, query.getAll('hosts'), 'query')
    const { locks } = await control.readLock()
    return releaseDialog(locks.find((lock) => lock.hosts.join() === hosts.join()) ?? null)
  })
  return router
}

/** A dialog that cannot be shown says why, in the dialog. */
async function shownOrRefused(ctx: Context, show: () => Promise<Html> | Html): Promise<Html> {
  try {
    return await show()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const document = problemDocument(error, ctx.state.requestId)
    ctx.status = document.status
    return dialogFrame('This cannot be done', refusal(document))
  }
}
