import { Problem } from '../../domain/problem.ts'
import type { Middleware } from '../context.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Keeps pages of other sites from changing anything. Browsers say where a request comes from: `Sec-Fetch-Site`, or, over plain HTTP in a LAN,
 * only `Origin`. What carries neither is no browser. Safe methods pass: they change nothing, and without CORS no other page can read the answer.
 */
export const crossOrigin: Middleware = async (ctx, next) => {
  const verdict = originVerdict(ctx.method, ctx.headers)
  if (verdict !== 'pass') throw new Problem('cross_origin', verdict)
  await next()
}

interface OriginHeaders {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly 'sec-fetch-site'?: string | string[] | undefined
}

/** `pass`, or why not. */
export function originVerdict(method: string, headers: OriginHeaders): string {
  if (safeMethods.has(method)) return 'pass'
  const site = headers['sec-fetch-site']
  if (site !== undefined)
    return site === 'same-origin' || site === 'none' ? 'pass' : `The browser says that this comes from elsewhere (${String(site)})`
  if (headers.origin === undefined) return 'pass'
  return hostOf(headers.origin) === headers.host?.toLowerCase() ? 'pass' : `This comes from a page of ${headers.origin.slice(0, 200)}`
}

const hostOf = (origin: string): string | null => {
  const url = URL.parse(origin)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null
  return url.host // without a default port, as browsers send Host
}
