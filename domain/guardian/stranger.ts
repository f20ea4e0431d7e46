import type { ArbiterView } from '../arbitration/command.ts'
import type { HostFacts } from '../host-facts.ts'
import type { HostName, Millis } from '../names.ts'

/** Whether anything is under way on these hosts, so that what is seen there is not the guardian's business. */
export const isOccupied = (view: Pick<ArbiterView, 'active' | 'claims' | 'hosts'>, hosts: readonly HostName[]): boolean =>
  view.active.some((swap) => swap.affectedHosts.some((host) => hosts.includes(host))) ||
  view.claims.some((claim) => claim.hosts.some((host) => hosts.includes(host))) ||
  view.hosts.some((entry) => hosts.includes(entry.host) && entry.state === 'surveying')

/** A mark for what computes or serves on a host that the arbiter thinks empty; null when nothing does. It changes when that does. */
export function strangerOn(facts: Pick<HostFacts, 'containers' | 'computeApps'>, servedId: string | null): string | null {
  if (servedId === null && (facts.computeApps ?? []).length === 0) return null
  return [servedId ?? '', ...facts.containers.flatMap(({ running, id }) => (running ? [id] : [])).sort()].join(' ')
}

/** What was asked of a host about a stranger. */
export interface Asked {
  readonly mark: string
  readonly at: Millis
  readonly times: number
}

const firstAgainMs = 20_000
const longestAgainMs = 600_000

/** Whether to have a host surveyed for a stranger. One that stays unknown is asked for more and more seldom: it may load, or it may be none of ours. */
export const isWorthASurvey = (asked: Asked | null, mark: string, at: Millis): boolean =>
  asked?.mark !== mark || at - asked.at >= Math.min(firstAgainMs * 2 ** (asked.times - 1), longestAgainMs)

export const askedAgain = (asked: Asked | null, mark: string, at: Millis): Asked => ({ mark, at, times: asked?.mark === mark ? asked.times + 1 : 1 })
