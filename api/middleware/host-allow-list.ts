import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { Problem } from '../../domain/problem.ts'
import type { Middleware } from '../context.ts'

/**
 * Refuses requests that were sent to a name which is not ours, on every address, method and route: a page elsewhere that rebinds its own DNS name
 * to this machine is stopped here (its Origin equals its Host, so no later check would see it). Forwarding headers are not believed.
 */
export const hostAllowList =
  (allowedHosts: () => readonly string[]): Middleware =>
  async (ctx, next) => {
    if (!isAllowedHost(ctx.headers.host, allowedHosts())) {
      throw new Problem('host_not_allowed', `This server does not answer to ${JSON.stringify(ctx.headers.host?.slice(0, 100) ?? '')}`)
    }
    await next()
  }

/**
 * True for localhost, this machine's own names (`.local` too), the configured names, and any IP literal: rebinding needs a name,
 * and behind a container's network the address that people type is not one of ours.
 */
export function isAllowedHost(header: string | undefined, allowed: readonly string[], ownName: string = hostname()): boolean {
  const name = hostNameOf(header)
  if (name === null) return false
  if (isIP(name) !== 0) return true
  const own = ownName.toLowerCase()
  const short = own.split('.')[0] ?? own
  return ['localhost', own, short, `${short}.local`, ...allowed.map((entry) => entry.toLowerCase())].includes(name)
}

/** The name in a Host header, without port, brackets and the root's dot; null when it is not `name` or `name:port`. */
function hostNameOf(header: string | undefined): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/i.exec(header ?? '')
  const name = (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '')
  return name === undefined || name === '' ? null : name
}
