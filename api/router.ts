import { Readable } from 'node:stream'
import Router, { type RouterContext } from '@koa/router'
import { errors } from '../domain/errors.ts'
import { Problem } from '../domain/problem.ts'
import { addressOf, callerOf } from './caller.ts'
import type { Context, Middleware, RequestState } from './context.ts'
import type { AppDeps } from './deps.ts'
import { readJson } from './read-json.ts'
import type { AnswerSpec, Reply, Route } from './route.ts'

/** Problems that any request may meet before or besides its route. */
export const everywhere = [
  'invalid_request',
  'bad_json',
  'wrong_content_type',
  'body_too_large',
  'host_not_allowed',
  'cross_origin',
  'unexpected',
] as const

interface RouterOptions {
  /** A route that answers what its row does not say: tests throw, the server logs. */
  readonly onUndeclared: (words: string) => void
}

interface RouterParts {
  readonly middleware: Middleware
  /** The methods that some row takes at this path. */
  readonly allowed: (path: string) => string[]
  /** Ends every open stream and wait. */
  close(): void
}

interface Answering {
  readonly route: Route
  readonly deps: AppDeps
  readonly options: RouterOptions
  readonly gone: AbortSignal
}

/** The route table as middleware. Paths that no row takes go on to `next`. */
export function router(routes: readonly Route[], deps: AppDeps, options: RouterOptions): RouterParts {
  const table = new Router<RequestState>({ strict: true, sensitive: true })
  const open = new Set<AbortController>()
  for (const route of routes) {
    table.register(koaPath(route.path), [route.method], async (ctx) => {
      const gone = new AbortController()
      open.add(gone)
      ctx.res.once('close', () => {
        open.delete(gone)
        if (!ctx.res.writableFinished) gone.abort()
      })
      await answer(ctx, { route, deps, options, gone: gone.signal })
    })
  }
  const allowed = (path: string): string[] => [...new Set(table.match(path, 'NONE').path.flatMap((layer) => layer.methods))]
  return {
    middleware: table.routes() as Middleware, // its contexts are Koa's with `params` added
    allowed,
    close() {
      for (const gone of open) gone.abort()
    },
  }
}

/** After everything else: nobody took the request. */
export const nobodyAnswered =
  (allowed: (path: string) => string[]): Middleware =>
  (ctx) => {
    const methods = allowed(ctx.path)
    if (methods.length === 0) throw new Problem('not_found')
    ctx.set('Allow', methods.join(', '))
    throw new Problem('method_not_allowed', `${ctx.method} is not one of ${methods.join(', ')}`)
  }

async function answer(ctx: RouterContext<RequestState>, { route, deps, options, gone }: Answering): Promise<void> {
  ctx.state.routePath = route.path
  try {
    const reply = await route.respond(
      {
        params: ctx.params,
        query: ctx.query,
        headers: ctx.headers,
        body:
          route.body === null
            ? undefined
            : readJson(ctx.state.rawBody, { contentType: ctx.headers['content-type'], contentEncoding: ctx.headers['content-encoding'] }),
        caller: callerOf(ctx.headers, addressOf(ctx)),
        answered: answered(ctx),
        gone,
      },
      deps,
    )
    check(route, reply, options)
    send(ctx, reply, route.answers[reply.status])
  } catch (error) {
    if (error instanceof Problem) checkProblem(route, error, options)
    throw error
  }
}

function send(ctx: Context, reply: Reply, spec: AnswerSpec | undefined): void {
  ctx.status = reply.status
  ctx.set('Cache-Control', 'no-store')
  ctx.set(reply.headers ?? {})
  if (spec?.kind === 'text') {
    if (reply.text instanceof Readable) reply.text.once('error', () => ctx.res.destroy()) // what was sent of it stays sent: only the connection can say that it broke
    ctx.body = reply.text
    ctx.set('Content-Type', spec.type)
  } else {
    ctx.body = JSON.stringify(reply.body)
    ctx.type = 'application/json'
  }
}

function check(route: Route, reply: Reply, { onUndeclared }: RouterOptions): void {
  const spec = route.answers[reply.status]
  if (spec === undefined || spec.kind === 'problem')
    return onUndeclared(`${route.method} ${route.path} answers ${String(reply.status)} without saying so`)
  if (spec.kind === 'text') return
  const fits = spec.schema.safeParse(reply.body)
  if (!fits.success) onUndeclared(`${route.method} ${route.path} answers ${String(reply.status)} in another shape: ${fits.error.message}`)
}

function checkProblem(route: Route, { code }: Problem, { onUndeclared }: RouterOptions): void {
  const spec = route.answers[errors[code].status]
  const declared = (everywhere as readonly string[]).includes(code) || (spec?.kind === 'problem' && spec.codes.includes(code))
  if (!declared) onUndeclared(`${route.method} ${route.path} answers ${code} without saying so`)
}

function answered({ res }: Context): Promise<void> {
  const whole = new Promise<void>((resolve, reject) => {
    res.once('finish', () => resolve())
    res.once('close', () => reject(new Error('the caller went away')))
  })
  whole.catch(() => undefined) // only those who wait for it want to hear of it
  return whole
}

const koaPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1')
