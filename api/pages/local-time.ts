/**
 * The moment at which clocks of a time zone show this (`2026-12-24T20:00`, as a browser's field has it), as RFC 3339 in UTC. Where they show it twice, the
 * first; where they skip it, as if they had not been put forward yet. Text that is no such time, or an unknown zone, comes back as it is, to be refused by
 * whoever checks it.
 */
export function utcOf(local: string, timezone: string): string {
  const wall = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(local) ? Date.parse(`${local}Z`) : NaN
  if (Number.isNaN(wall)) return local
  try {
    const offsets = [wall - dayMs, wall + dayMs].map((near) => offsetMs(near, timezone))
    const fitting = offsets.map((offset) => wall - offset).filter((at) => at + offsetMs(at, timezone) === wall)
    return new Date(fitting.length > 0 ? Math.min(...fitting) : wall - (offsets[0] ?? 0)).toISOString()
  } catch (error) {
    if (error instanceof RangeError) return local
    throw error
  }
}

const dayMs = 86_400_000

/** How much the clocks of the zone are before UTC at this moment. Throws RangeError for an unknown zone. */
function offsetMs(at: number, timezone: string): number {
  const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' }).format(at)
  return Date.parse(`${shown.replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000
}
