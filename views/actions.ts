import type { Lock, ReservationView } from '../domain/lock.ts'
import type { Model } from '../domain/model.ts'
import type { HostName } from '../domain/names.ts'
import type { HostStatus, Status } from '../domain/status.ts'
import type { Swap } from '../domain/swap.ts'
import type { PageData, RunningSwap } from './page-data.ts'

/** What a person can do on the dashboard. `swap_anyway` is a swap that overrides a reservation, with a reason. */
export type ActionName = 'swap' | 'swap_anyway' | 'dry_run' | 'unload' | 'cancel' | 'force_release'

/** A verdict is a value with a reason: the button stays visible and says it. */
export type Permit = { readonly allowed: true } | { readonly allowed: false; readonly reason: string }
const allowed: Permit = { allowed: true }

/** What an action would be about: these hosts, at this moment. */
interface Situation {
  readonly status: Status
  readonly hosts: readonly HostStatus[]
  readonly reservation: ReservationView | null
}

interface Obstacle {
  readonly blocks: readonly ActionName[]
  /** The reason while the obstacle is there, otherwise null. */
  reason(situation: Situation): string | null
}

const changes = ['swap', 'swap_anyway', 'unload'] as const
const everything = [...changes, 'dry_run', 'cancel', 'force_release'] as const

const firstHost = (situation: Situation, test: (host: HostStatus) => boolean): HostStatus | undefined => situation.hosts.find(test)

/** Obstacle × actions, the most telling one first. */
const obstacles: readonly Obstacle[] = [
  { blocks: everything, reason: ({ status }) => (status.parts.config.ok ? null : 'The configuration has an error, see above.') },
  { blocks: everything, reason: ({ status }) => (status.parts.temporal.ok ? null : 'Temporal does not answer.') },
  {
    blocks: [...changes, 'dry_run', 'force_release'],
    reason: ({ status }) => (status.parts.worker.ok ? null : 'No worker answers.'),
  },
  {
    blocks: changes,
    reason: (situation) => {
      const host = firstHost(situation, ({ arbiter }) => arbiter === 'quarantined')
      return host ? `${host.name} is in quarantine until it is back and has been cleared.` : null
    },
  },
  {
    blocks: changes,
    reason: (situation) => {
      const host = firstHost(situation, ({ reachable, arbiter }) => reachable === false || arbiter === 'unreachable')
      return host ? `${host.name} cannot be ${host.reachable === true ? 'used' : 'reached'}.` : null
    },
  },
  {
    blocks: changes,
    reason: (situation) => {
      const host = firstHost(situation, ({ arbiter }) => arbiter === 'surveying' || arbiter === 'unknown')
      return host ? `${host.name} is still being looked at.` : null
    },
  },
  {
    blocks: ['swap', 'unload'],
    reason: ({ reservation }) => (reservation ? `${reservation.holder} holds the lock.` : null),
  },
  {
    blocks: ['unload'],
    reason: ({ hosts }) => (hosts.some(({ deployment }) => deployment !== null) ? null : 'Nothing is loaded.'),
  },
]

/** The reservation that stands in the way on these hosts, if any. No hosts = all. */
export function reservationOn(lock: Lock, hosts: readonly HostName[]): ReservationView | null {
  return lock.locks.find((held) => held.hosts.length === 0 || hosts.length === 0 || held.hosts.some((host) => hosts.includes(host))) ?? null
}

/** The running swap on these hosts, if any: a new one would have to stand in line. */
export function busyOn({ running }: Pick<PageData, 'running'>, hosts: readonly HostName[]): Swap | null {
  const touches = ({ swap }: RunningSwap): boolean => [...swap.hosts, ...swap.affected_hosts].some((host) => hosts.includes(host))
  return running.find(touches)?.swap ?? null
}

export function permit(action: ActionName, status: Status, hosts: readonly HostName[] = []): Permit {
  const situation = {
    status,
    hosts: status.hosts.filter(({ name }) => hosts.includes(name)),
    reservation: reservationOn(status.lock, hosts),
  }
  for (const obstacle of obstacles) {
    const reason = obstacle.blocks.includes(action) ? obstacle.reason(situation) : null
    if (reason !== null) return { allowed: false, reason }
  }
  return allowed
}

/** Where a model may go: its own placement first; a model for one host may go to any host. */
export function placements(model: Model, status: Status): readonly (readonly HostName[])[] {
  if (model.placement.length > 1) return [model.placement]
  const others = status.hosts.map(({ name }) => name).filter((name) => !model.placement.includes(name))
  return [model.placement, ...others.map((name) => [name])]
}

/** A swap of this model, wherever it may go: allowed if one placement is; if none is, the reason of its own placement. */
export function permitAnywhere(action: ActionName, model: Model, status: Status): Permit {
  const verdicts = placements(model, status).map((hosts) => permit(action, status, hosts))
  return verdicts.find((verdict) => verdict.allowed) ?? verdicts[0] ?? permit(action, status)
}
