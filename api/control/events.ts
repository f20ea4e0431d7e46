import { AuditReader, everything, type Filter } from '../../config/audit-reader.ts'
import type { ConfigSource } from '../../config/load.ts'
import type { EventType } from '../../domain/events.ts'
import type { Millis } from '../../domain/names.ts'
import { AuditWatch } from '../audit-watch.ts'
import type { EventControl } from '../deps.ts'

/** The audit trail, from the files that the workers write: neither Temporal nor a worker is needed. */
export function createEvents({ places }: Pick<ConfigSource, 'places'>): EventControl {
  const reader = new AuditReader(places.auditDir)
  const watch = new AuditWatch(reader)
  return {
    async list({ types, since, limit }) {
      const filter = ofTypes(types)
      if (since === null) {
        const events = (await reader.newest(limit, filter)).toReversed()
        return { events, next: nextAfter(events[0]) }
      }
      const from = /^\d+$/.test(since) ? { seq: Number(since) } : { time: Date.parse(since) }
      const { events } = await reader.after(await reader.placeAt(from), limit, 'time' in from ? notBefore(from.time, filter) : filter)
      return { events, next: nextAfter(events.at(-1)) ?? since }
    },
    watch: ({ types, afterSeq }, signal) =>
      watch.follow(afterSeq === null ? reader.end() : reader.placeAt({ seq: afterSeq }), ofTypes(types), signal),
  }
}

const nextAfter = (event: { seq: number } | undefined): string | null => (event === undefined ? null : String(event.seq))

const ofTypes = (types: readonly EventType[] | null): Filter =>
  types === null ? everything : { words: types.map((type) => `"type":"${type}"`), event: ({ type }) => types.includes(type) }

const notBefore = (time: Millis, { words, event }: Filter): Filter => ({
  words,
  event: (one) => event(one) && Date.parse(one.timestamp) >= time,
})
