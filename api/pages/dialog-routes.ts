import Router from '@koa/router'
import { Problem, problemDocument, type ProblemDocument } from '../../domain/problem.ts'
import { refusal } from '../../views/answer.ts'
import { dialogFrame } from '../../views/dialogs/frame.ts'
import type { Html } from '../../views/html.ts'
import type { Context, RequestState } from '../context.ts'
import type { Dialog, PageModule } from './page-module.ts'

/** Answers for what the one dialog of a page shows, and for pieces of it. */
export function dialogRoutes(modules: readonly PageModule[]): Router<RequestState> {
  const router = new Router<RequestState>()
  const serve = (path: string, show: Dialog, refuse: (problem: ProblemDocument) => Html): void => {
    router.get(path, async (ctx) => {
      ctx.state.routePath = path
      ctx.set('Cache-Control', 'no-store')
      ctx.type = 'html'
      ctx.body = (await shownOrRefused(ctx, show, refuse)).toString()
    })
  }
  for (const { dialogs, pieces = {} } of modules) {
    for (const [name, show] of Object.entries(dialogs)) serve(`/ui/dialog/${name}`, show, refusedDialog)
    for (const [path, show] of Object.entries(pieces)) serve(path, show, refusal)
  }
  return router
}

const refusedDialog = (problem: ProblemDocument): Html => dialogFrame('This cannot be done', refusal(problem))

/** What cannot be shown says why, in its place. */
async function shownOrRefused(ctx: Context, show: Dialog, refuse: (problem: ProblemDocument) => Html): Promise<Html> {
  try {
    return await show(ctx.URL.searchParams)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const document = problemDocument(error, ctx.state.requestId)
    ctx.status = document.status
    return refuse(document)
  }
}
