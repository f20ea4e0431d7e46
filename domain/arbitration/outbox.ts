import type { Actor, Noted, OutboxEntry } from '../events.ts'
import type { Note } from './command.ts'
import type { ArbiterState } from './state.ts'
import { answered, type Step } from './step.ts'

/** Events on their way to the audit trail and the webhooks, in the one order that all of them have (ARBITER.md A6). */
export interface Outbox {
  /** Grows with every entry, over all runs; a fresh arbiter's begins above those of the one before. */
  readonly nextSeq: number
  /** Oldest first. */
  readonly entries: readonly OutboxEntry[]
  /** Of all entries as JSON. */
  readonly bytes: number
  /** Entries that had to be dropped, and are not accounted for yet. */
  readonly lost: number
  /** Ids that others noted lately: one id is noted once. */
  readonly noted: readonly string[]
}

const mostEntries = 1_500
const mostBytes = 250_000
const mostNoted = 300
const largestEntry = 4_000
/** What is carried to the next run, all lists together, stays below 512 kB. */
const mostCarried = 500_000

const empty = (state: ArbiterState): Outbox => ({ nextSeq: state.serverClock * 1_000, entries: [], bytes: 0, lost: 0, noted: [] })

export const outboxOf = (state: ArbiterState): readonly OutboxEntry[] => state.outbox?.entries ?? []

/** Puts an event into the outbox. Several extensions of one reservation in a row become one. */
export function tell(state: ArbiterState, event: Omit<Noted, 'id'> & { readonly id?: string }): ArbiterState {
  const outbox = state.outbox ?? empty(state)
  const seq = outbox.nextSeq
  const entry = small({ id: `evt_${seq}`, ...event, seq, at: state.serverClock })
  const before = event.type === 'lock_extended' ? extensionBefore(outbox, entry) : null
  const merged = before === null ? outbox : { ...without(outbox, before), nextSeq: seq }
  const first = before === null ? entry : { ...entry, before: before.before }
  const told = { ...merged, nextSeq: seq + 1, entries: [...merged.entries, first], bytes: merged.bytes + sizeOf(first) }
  return { ...state, outbox: within(told, mostBytes) }
}

function extensionBefore(outbox: Outbox, { fence }: OutboxEntry): OutboxEntry | null {
  const last = outbox.entries.findLast((entry) => entry.fence === fence)
  return last?.type === 'lock_extended' ? last : null
}

const without = (outbox: Outbox, dropped: OutboxEntry): Outbox => ({
  ...outbox,
  entries: outbox.entries.filter((entry) => entry !== dropped),
  bytes: outbox.bytes - sizeOf(dropped),
})

/** Events that others know of. */
export const note = (state: ArbiterState, { entries }: Note): Step => answered(entries.reduce(tellOnce, state), { kind: 'noted' })

/** An event that several may tell of. */
export function tellOnce(state: ArbiterState, entry: Noted): ArbiterState {
  const noted = state.outbox?.noted ?? []
  if (noted.includes(entry.id)) return state
  const told = tell(state, entry)
  const outbox = told.outbox ?? empty(told)
  return { ...told, outbox: { ...outbox, noted: [...noted, entry.id].slice(-mostNoted) } }
}

/** All up to this one are written down. Now there is room to say how many could not be kept. */
export function drained(state: ArbiterState, upTo: number): ArbiterState {
  const { outbox } = state
  if (outbox === undefined) return state
  const entries = outbox.entries.filter((entry) => entry.seq > upTo)
  const left = { ...outbox, entries, bytes: entries.reduce((sum, entry) => sum + sizeOf(entry), 0) }
  if (left.lost === 0 || left.bytes > mostBytes / 2) return { ...state, outbox: left }
  const gap = { type: 'audit_gap' as const, result: `${left.lost} entries could not be kept`, after: { lost: left.lost } }
  return tell({ ...state, outbox: { ...left, lost: 0 } }, gap)
}

/** The state as it may be carried: where all its lists are at their longest, the outbox makes room. */
export function carriable(state: ArbiterState): ArbiterState {
  const { outbox } = state
  if (outbox === undefined || outbox.entries.length === 0) return state
  const rest = sizeOf({ ...state, outbox: { ...outbox, entries: [] } })
  return { ...state, outbox: within(outbox, Math.min(mostBytes, Math.max(0, mostCarried - rest))) }
}

const dispensable: ReadonlySet<OutboxEntry['type']> = new Set(['lock_acquired', 'lock_extended', 'lock_released'])

/** Nobody writes them down: the oldest comings and goings of the lock are dropped first, and counted. Some more than need be, so that it happens seldom. */
function within(outbox: Outbox, limit: number): Outbox {
  if (outbox.entries.length <= mostEntries && outbox.bytes <= limit) return outbox
  const order = [...outbox.entries.filter((entry) => dispensable.has(entry.type)), ...outbox.entries.filter((entry) => !dispensable.has(entry.type))]
  const dropped = new Set<OutboxEntry>()
  let { bytes } = outbox
  for (const entry of order) {
    if (outbox.entries.length - dropped.size <= mostEntries * 0.9 && bytes <= limit * 0.9) break
    dropped.add(entry)
    bytes -= sizeOf(entry)
  }
  const entries = outbox.entries.filter((entry) => !dropped.has(entry))
  return { ...outbox, entries, bytes, lost: outbox.lost + dropped.size }
}

/** Whoever notes something large, or at length, is cut short: what is written down about a swap is its record anyway. */
function small(entry: OutboxEntry): OutboxEntry {
  const short = {
    ...entry,
    ...(entry.by != null && { by: shortActor(entry.by) }),
    ...(entry.reason != null && { reason: clip(entry.reason, 500) }),
    ...(entry.result != null && { result: clip(entry.result, 500) }),
  }
  if (sizeOf(short) <= largestEntry) return short
  const { before: _before, after: _after, data: _data, ...bare } = short
  return bare
}

export const shortActor = ({ name, address }: Actor): Actor => ({ name: clip(name, 120), address: address === null ? null : clip(address, 64) })

/** Half a character at the cut would make the JSON around it unreadable. */
const clip = (text: string, most: number): string => (text.length <= most ? text : text.slice(0, most).toWellFormed())

/** Bytes of something as JSON in UTF-8. A pair of surrogates has four. */
function sizeOf(value: unknown): number {
  const text = JSON.stringify(value)
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x80) continue
    bytes += code < 0x8_00 || (code >= 0xd8_00 && code <= 0xdf_ff) ? 1 : 2
  }
  return bytes
}
