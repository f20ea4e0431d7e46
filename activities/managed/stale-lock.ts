import { ok, failed, skipped, type RunEnd } from '../../domain/managed/run-end.ts'
import { heldBy, staleReservations } from '../../domain/managed/stale-lock.ts'
import type { ClusterId, HostName } from '../../domain/names.ts'
import type { ScheduleId } from '../../domain/scheduling/schedule.ts'
import { actorOf, askGate, holderOf, refusedBy, viewOf, type Gate } from './gate.ts'

export interface StaleLockRequest {
  readonly clusterId: ClusterId
  readonly scheduleId: ScheduleId
  readonly heldLongerThanS: number
  /** null: whichever hosts a reservation covers */
  readonly hosts: readonly HostName[] | null
}

export const createStaleLockActivities = (deps: Gate) => ({
  /** Ends reservations that somebody forgot. Never touches a running swap, nor a reservation under which one runs. */
  async releaseStaleLocks({ clusterId, scheduleId, heldLongerThanS, hosts }: StaleLockRequest): Promise<RunEnd> {
    await askGate(deps, { type: 'note', entries: [] }) // its answer tells the arbiter's clock, by which "longer than" is meant
    const view = await viewOf(deps, clusterId)
    const stale = staleReservations({ view, heldLongerThanS, hosts, now: deps.arbiter.arbiterNow() })
    if (stale.length === 0) return skipped(`no reservation is held for longer than ${heldLongerThanS} s`)
    const refusals: string[] = []
    for (const held of stale) {
      const reason = `${holderOf(scheduleId)}: held longer than ${heldLongerThanS} s`
      const answer = await askGate(deps, { type: 'force_release', reason, hosts: held.hosts, by: actorOf(scheduleId) })
      if (answer.kind !== 'released') refusals.push(refusedBy(answer, deps.arbiter.arbiterNow()).detail)
    }
    return refusals.length > 0 ? failed(refusals.join('; ')) : ok(`released: ${stale.map(heldBy).join('; ')}`)
  },
})
