import { rfc3339, type HostName, type Millis, type ModelKey } from '../names.ts'
import type { Registered } from './command.ts'
import type { Conflict, ScheduleBody } from './schedule.ts'
import { planOf, type Plan } from './when.ts'

/** What a reservation covers, and until when. */
export interface Reserved {
  readonly holder: string
  readonly hosts: readonly HostName[]
  readonly expiresAt: Millis
}

/** What is known beside the schedules. */
export interface Surroundings {
  readonly reservations: readonly Reserved[]
  /** The hosts that a model runs on; null for one that is not in the catalog. */
  readonly placementOf: (model: ModelKey) => readonly HostName[] | null
  /** How long a swap to it usually takes, in seconds; null where none was completed yet. */
  readonly usualS: (model: ModelKey) => number | null
  readonly planOf?: (one: Registered) => Plan
}

const aheadMs = 7 * 24 * 3_600_000
const usualUseS = 600
export const mostConflicts = 50
/** So many due times are looked at in all. With many schedules each has its next few only, which is a week of a daily one; a dense one shows its next ones. */
const mostTimes = 10_000
const [fewestEach, mostEach] = [8, 200]

/** A time in which somebody wants hosts for himself. */
interface Use {
  readonly name: string
  readonly reservation: boolean
  readonly hosts: readonly HostName[]
  readonly from: Millis
  readonly to: Millis
}

/**
 * Where two schedules, or a schedule and a reservation, want the same hosts at the same time in the next seven days: each pair once, at its first collision, the
 * earliest first, fifty at most. Schedules whose hosts are not known are left out.
 */
export function conflictsAhead(schedules: readonly Registered[], around: Surroundings, now: Millis): Conflict[] {
  const competing = schedules.filter((one) => !one.paused).map((one) => ({ one, hosts: hostsUsed(one.body, around.placementOf) }))
  const known = competing.filter(({ hosts }) => hosts.length > 0)
  const each = Math.max(fewestEach, Math.min(mostEach, Math.floor(mostTimes / Math.max(1, known.length))))
  const uses = around.reservations.map(({ holder, hosts, expiresAt }): Use => ({
    name: `lock of ${holder}`,
    reservation: true,
    hosts,
    from: now,
    to: expiresAt,
  }))
  for (const { one, hosts } of known) {
    const plan = (around.planOf ?? (({ body, createdAt }) => planOf(body, createdAt)))(one)
    const lengthMs = secondsUsed(one.body, around.usualS) * 1_000
    let due = plan.next(now)
    for (let i = 0; i < each && due !== null && due <= now + aheadMs; i++, due = plan.next(due))
      uses.push({ name: one.body.id, reservation: false, hosts, from: due, to: due + lengthMs })
  }
  return firstCollisions(uses.sort((a, b) => a.from - b.from))
}

/** The hosts that a run of it occupies; none where that is not known, or where it occupies none. */
function hostsUsed(body: ScheduleBody, placementOf: Surroundings['placementOf']): readonly HostName[] {
  if (body.kind === 'external') return body.hosts ?? (body.model === undefined ? [] : (placementOf(body.model) ?? []))
  const { action } = body
  switch (action.type) {
    case 'swap':
      return action.hosts ?? (action.model === null ? [] : (placementOf(action.model) ?? []))
    case 'warm':
      return action.hosts ?? []
    case 'restart_service':
      return [action.host]
    case 'health_sweep':
    case 'release_stale_lock':
      return [] // they look, and change no host
  }
}

function secondsUsed(body: ScheduleBody, usualS: Surroundings['usualS']): number {
  const model = body.kind === 'external' ? body.model : body.action.type === 'swap' ? body.action.model : null
  return body.expected_s ?? (model === null || model === undefined ? null : usualS(model)) ?? usualUseS
}

/**
 * Goes through the uses in the order of their beginnings. All that still goes on upon a host collides with what begins there, so that what is looked at beyond the
 * fifty pairs are only those that have collided before.
 */
function firstCollisions(uses: readonly Use[]): Conflict[] {
  const going = new Map<HostName, Use[]>()
  const found = new Map<string, Conflict>()
  for (const use of uses) {
    const meets = new Set<Use>()
    for (const host of use.hosts) {
      const still = (going.get(host) ?? []).filter((one) => one.to > use.from)
      for (const one of still) if (one.name !== use.name) meets.add(one)
      going.set(host, [...still, use])
    }
    for (const other of meets) {
      const pair = [other.name, use.name].sort().join('\n')
      if ((other.reservation && use.reservation) || found.has(pair)) continue
      found.set(pair, conflict(other, use))
      if (found.size >= mostConflicts) return [...found.values()]
    }
  }
  return [...found.values()]
}

function conflict(other: Use, use: Use): Conflict {
  const hosts = use.hosts.filter((host) => other.hosts.includes(host))
  const where = hosts.join(', ')
  const words =
    other.from === use.from
      ? `${other.name} and ${use.name} begin at the same time on ${where}`
      : `${use.name} begins while ${other.name} ${other.reservation ? 'holds' : 'still needs'} ${where}, until ${rfc3339(other.to)}${other.reservation ? '' : ' as a rule'}`
  return { at: rfc3339(use.from), hosts, between: [other.name, use.name], words }
}
