import Router from '@koa/router'
import type { Logger } from 'pino'
import { errors } from '../../domain/errors.ts'
import { Problem, problemDocument } from '../../domain/problem.ts'
import type { SwapAnswer } from '../../domain/swap-answer.ts'
import { nothingDone, refusal } from '../../views/answer.ts'
import { planReport } from '../../views/dialogs/report.ts'
import { paths } from '../../views/paths.ts'
import { addressOf } from '../caller.ts'
import type { Context, RequestState } from '../context.ts'
import type { Caller, Control } from '../deps.ts'
import { readCancelForm, readDryRunForm, readForm, readReleaseForm, readSwapForm, readUnloadForm, type SwapForm } from './form.ts'
import type { RegionHub } from './region-hub.ts'

interface ActionDeps {
  readonly control: Control
  readonly hub: RegionHub
  readonly log: Logger
}

/** What the page's forms do. The same functions answer the REST routes; here their answers are words beside the button. */
export function actionRoutes({ control, hub, log }: ActionDeps): Router<RequestState> {
  const router = new Router<RequestState>()

  const action = (path: string, act: (ctx: Context, form: URLSearchParams) => Promise<void>): void => {
    router.post(path, async (ctx) => {
      ctx.state.routePath = path
      ctx.set('Cache-Control', 'no-store')
      try {
        await act(ctx, readForm(ctx))
        hub.nudge()
      } catch (error) {
        answerRefusal(ctx, error, log)
      }
    })
  }

  const swap = async (ctx: Context, { body, force, attempt }: SwapForm): Promise<void> => {
    answerSwap(ctx, await control.requestSwap(body, { ...dashboard(ctx), idempotencyKey: attempt }, { force }))
  }
  action(paths.swap, (ctx, form) => swap(ctx, readSwapForm(form)))
  action(paths.unload, (ctx, form) => swap(ctx, readUnloadForm(form)))
  action(paths.cancel, async (ctx, form) => {
    const { id, reason } = readCancelForm(form)
    await control.cancelSwap(id, reason, dashboard(ctx))
    done(ctx)
  })
  action(paths.forceRelease, async (ctx, form) => {
    await control.forceReleaseLock(readReleaseForm(form), dashboard(ctx))
    done(ctx)
  })
  action(paths.dryRun, async (ctx, form) => {
    const { model, hosts } = readDryRunForm(form)
    const report = await control.checkModel(model, hosts.length === 0 ? undefined : hosts)
    show(ctx, planReport(report, control.readModels()).toString())
  })
  return router
}

const dashboard = (ctx: Context): Caller => ({ lockToken: null, idempotencyKey: null, schedule: null, name: 'dashboard', address: addressOf(ctx) })

function answerSwap(ctx: Context, answer: SwapAnswer): void {
  if (answer.kind === 'already_serving') {
    show(ctx, nothingDone(`${answer.serving.hosts.join(', ')} serves it already; nothing was done. Restart it under Options.`).toString())
  } else done(ctx)
}

/** The dialog closes; what happens next is shown by the page itself. */
function done(ctx: Context): void {
  ctx.set('HX-Trigger', 'dialog:done')
  ctx.status = 204
}

function show(ctx: Context, markup: string): void {
  ctx.type = 'html'
  ctx.body = markup
}

/** A refusal keeps its status, so that scripts and logs see it as it is. */
function answerRefusal(ctx: Context, error: unknown, log: Logger): void {
  const problem = error instanceof Problem ? error : new Problem('unexpected')
  if (problem !== error) log.error({ err: error, request_id: ctx.state.requestId, path: ctx.path }, 'a form failed in an unforeseen way')
  if (problem.retryAfterS !== null) ctx.set('Retry-After', String(Math.ceil(problem.retryAfterS)))
  ctx.state.refusedAs = problem.code
  ctx.status = errors[problem.code].status
  show(ctx, refusal(problemDocument(problem, ctx.state.requestId)).toString())
}
