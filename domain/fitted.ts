/** How much a value may keep: characters of a text, entries of a list. Names (at most 64 characters) survive the narrowest. */
interface Room {
  readonly text: number
  readonly list: number
}

const rooms: readonly Room[] = [
  { text: 500, list: 64 },
  { text: 200, list: 32 },
  { text: 64, list: 8 },
]
/** Objects are not cut where they could be records with named fields. */
const leastFields = 32

const bytesOf = (value: object): number => new TextEncoder().encode(JSON.stringify(value)).length

/**
 * A value as JSON of at most so many bytes. Texts and lists are cut first where they are long, and further if that is not enough; what is still
 * too large keeps only what is not nested.
 */
export function fitted(fields: Readonly<Record<string, unknown>>, bytes: number): Record<string, unknown> {
  for (const room of rooms) {
    const cut = cutRecord(fields, room)
    if (bytesOf(cut) <= bytes) return cut
  }
  return Object.fromEntries(Object.entries(cutRecord(fields, { text: 64, list: 8 })).filter(([, value]) => typeof value !== 'object'))
}

const cutRecord = (fields: Readonly<Record<string, unknown>>, room: Room): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .slice(0, Math.max(room.list, leastFields))
      .map(([name, value]) => [name, cut(value, room)]),
  )

function cut(value: unknown, room: Room): unknown {
  if (typeof value === 'string') return value.slice(0, room.text).toWellFormed() // half a character at the cut would make the JSON unreadable
  if (Array.isArray(value)) return value.slice(0, room.list).map((item) => cut(item, room))
  return isRecord(value) ? cutRecord(value, room) : value
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null
