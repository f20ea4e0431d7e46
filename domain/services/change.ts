import { rfc3339, type Millis } from '../names.ts'
import type { Noted } from '../events.ts'
import type { ServiceLook } from './look.ts'
import type { Service } from './service.ts'
import type { Standing } from './standing.ts'

type Side = 'up' | 'down'

/** On which side of the line between up and down a state is; null: it starts, or nobody knows. */
export const sideOf = (state: ServiceLook['state']): Side | null =>
  state === 'down' ? 'down' : state === 'up' || state === 'up_needs_key' ? 'up' : null

/** A service went over the line. The first state of all that is believed is no change. */
export interface ServiceChange {
  readonly to: Side
  readonly since: Millis
  readonly detail: string | null
}

/** The side after one more look, and the change where there was one. */
export function crossed(
  before: Side | null,
  { state, since, detail }: Standing,
): { readonly side: Side | null; readonly change: ServiceChange | null } {
  const side = sideOf(state) ?? before
  return { side, change: side === null || before === null || side === before ? null : { to: side, since, detail } }
}

/** The event of a change. Whoever sees the same change tells the same event. */
export const changeEvent = ({ name, kind, host }: Service, { to, since, detail }: ServiceChange): Noted => ({
  id: `evt_service_${name}_${to}_${since}`,
  type: to === 'down' ? 'service_down' : 'service_up',
  by: null,
  hosts: host === null ? [] : [host],
  result: detail,
  data: { service: name, kind, since: rfc3339(since) },
})
