import { rfc3339, type Millis } from '../names.ts'
import type { ProbeVerdict } from './judge.ts'
import type { ServiceLook } from './look.ts'

const everyMs = 5_000
const mostMs = 60_000

/** What is held of a service, and what the last look said where that differs. */
export interface Standing {
  readonly state: ServiceLook['state']
  readonly since: Millis
  readonly detail: string | null
  /** A state that one look has shown, and that one more like it makes true. */
  readonly doubted: ProbeVerdict['state'] | null
  /** Looks in a row that did not find it up. */
  readonly misses: number
}

export const neverSeen = (now: Millis): Standing => ({ state: 'unknown', since: now, detail: null, doubted: null, misses: 0 })

/** What is held after one more look: a state changes when two looks in a row agree. The first look of all is believed at once. */
export function afterProbe(before: Standing, { state, detail }: ProbeVerdict, now: Millis): Standing {
  const misses = state === 'down' ? before.misses + 1 : 0
  if (state === before.state) return { ...before, detail, doubted: null, misses }
  if (before.state !== 'unknown' && before.doubted !== state) return { ...before, doubted: state, misses }
  return { state, since: now, detail, doubted: null, misses }
}

/** How long to wait for the next look: each five seconds; longer and longer, up to a minute, while it stays down. A doubt is settled soon. */
export const nextProbeInMs = ({ state, doubted, misses }: Standing): number =>
  state === 'down' && doubted === null ? Math.min(mostMs, everyMs * 2 ** Math.min(Math.max(misses - 1, 0), 10)) : everyMs

/** A standing as the heartbeat carries it. */
export const lookOf = (name: string, { state, since, detail }: Standing, now: Millis, serves: string | null): ServiceLook => ({
  ...{ name, state, detail, serves },
  since: rfc3339(since),
  looked_at: rfc3339(now),
})

/** What an earlier watch held: a new one goes on from there, so that `since` outlives a worker. */
export const resumed = ({ state, since, detail }: ServiceLook): Standing => ({ state, since: Date.parse(since), detail, doubted: null, misses: 0 })
