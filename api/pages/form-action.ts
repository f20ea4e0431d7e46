import Router from '@koa/router'
import type { Logger } from 'pino'
import { errors } from '../../domain/errors.ts'
import { Problem, problemDocument, type ProblemDocument } from '../../domain/problem.ts'
import { refusal } from '../../views/answer.ts'
import { curlBox, curlNotYet } from '../../views/as-curl.ts'
import type { ApiRequest } from '../../views/curl.ts'
import type { Html } from '../../views/html.ts'
import { addressOf } from '../caller.ts'
import type { Context, RequestState } from '../context.ts'
import type { Caller } from '../deps.ts'
import { readForm } from './form.ts'
import type { RegionHub } from './region-hub.ts'

interface FormSpec<T> {
  readonly path: string
  /** What is asked for. Throws `invalid_request` that names the fields which do not fit. */
  read(form: URLSearchParams): T
  /** How a script asks for the same. */
  requests(asked: T): ApiRequest | readonly ApiRequest[]
  /** Does it. Returns what the dialog says then; null: it is done, and the dialog closes. Throws `Problem` where it is refused. */
  act(asked: T, by: Caller): Promise<Html | null>
  /** How a refusal is said, where it is not one of what a person asked for. */
  readonly refusedAs?: (problem: ProblemDocument) => Html
}

/** A form of a page: what it does, and the request that does the same. Both read its fields in the same way, so that the one is the other. */
export interface Form {
  readonly path: string
  requests(form: URLSearchParams): readonly ApiRequest[]
  act(form: URLSearchParams, by: Caller): Promise<Html | null>
  readonly refusedAs: (problem: ProblemDocument) => Html
}

export const formAction = <T>(spec: FormSpec<T>): Form => ({
  path: spec.path,
  requests: (form) => [spec.requests(spec.read(form))].flat(),
  act: (form, by) => spec.act(spec.read(form), by),
  refusedAs: spec.refusedAs ?? refusal,
})

/** Answers posted forms. With `?as=curl` nothing is done: the answer is the command line for what would be. */
export function formRoutes(forms: readonly Form[], { hub, log }: { hub: RegionHub; log: Logger }): Router<RequestState> {
  const router = new Router<RequestState>()
  for (const form of forms) {
    router.post(form.path, async (ctx) => {
      ctx.state.routePath = form.path
      ctx.set('Cache-Control', 'no-store')
      const asCurl = ctx.query['as'] === 'curl'
      try {
        const fields = readForm(ctx)
        if (asCurl) return show(ctx, curlBox(form.requests(fields), originOf(ctx)))
        const said = await form.act(fields, dashboardCaller(ctx))
        hub.nudge()
        if (said === null) done(ctx)
        else show(ctx, said)
      } catch (error) {
        const document = refused(ctx, error, log)
        show(ctx, asCurl ? curlNotYet(document) : form.refusedAs(document))
      }
    })
  }
  return router
}

/** The address that the reader's browser uses. */
export const originOf = (ctx: Context): string => `${ctx.protocol}://${ctx.host}`

const dashboardCaller = (ctx: Context): Caller => ({
  lockToken: null,
  idempotencyKey: null,
  schedule: null,
  name: 'dashboard',
  address: addressOf(ctx),
})

/** What happens next is shown by the page itself. */
function done(ctx: Context): void {
  ctx.set('HX-Trigger', 'dialog:done')
  ctx.status = 204
}

function show(ctx: Context, markup: Html): void {
  ctx.type = 'html'
  ctx.body = markup.toString()
}

/** A refusal keeps its status, so that scripts and logs see it as it is. */
function refused(ctx: Context, error: unknown, log: Logger): ProblemDocument {
  const problem = error instanceof Problem ? error : new Problem('unexpected')
  if (problem !== error) log.error({ err: error, request_id: ctx.state.requestId, path: ctx.path }, 'a form failed in an unforeseen way')
  if (problem.retryAfterS !== null) ctx.set('Retry-After', String(Math.ceil(problem.retryAfterS)))
  ctx.state.refusedAs = problem.code
  ctx.status = errors[problem.code].status
  return problemDocument(problem, ctx.state.requestId)
}
