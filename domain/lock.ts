import { z } from 'zod'
import { HostName, oneLine, Rfc3339 } from './names.ts'

/** Tokens have at least 128 bits (ARBITER.md R1): 22 characters of base64url, or 32 of hex. */
export const LockToken = z.string().regex(/^[A-Za-z0-9_-]{22,128}$/, '22 to 128 characters of A–Z, a–z, 0–9, - and _')

/** Body of `POST /api/swap/lock`. */
export const AcquireBody = z.strictObject({
  holder: oneLine(120).meta({ description: 'Who holds it, for others to read' }),
  ttl_s: z.int().min(10).max(86_400).default(600),
  purpose: oneLine(300).optional(),
  hosts: z.array(HostName).min(1).max(16).optional(),
  token: LockToken.optional(),
})

/** Body of the same route when the header carries a token: extend. Whoever repeats the whole request extends as well; only `ttl_s` counts then. */
export const ExtendBody = AcquireBody.partial({ holder: true })

export const ForceReleaseBody = z.strictObject({ reason: oneLine(500), hosts: z.array(HostName).min(1).max(16).optional() })

/** A reservation as anyone may see it: never the token. */
export const ReservationView = z.object({
  holder: z.string(),
  purpose: z.string().nullable(),
  hosts: z.array(HostName),
  acquired_at: Rfc3339,
  expires_at: Rfc3339,
  expires_in_s: z.number(),
  fence: z.number(),
})
export type ReservationView = z.infer<typeof ReservationView>

/** Who stands in line for the lock (`?wait_s=`), for which hosts, and since when. */
const Waiter = z.object({ holder: z.string(), hosts: z.array(HostName), since: Rfc3339 })

export const Lock = z.object({
  held: z.boolean(),
  holder: z.string().nullable(),
  purpose: z.string().nullable(),
  hosts: z.array(HostName),
  acquired_at: Rfc3339.nullable(),
  expires_at: Rfc3339.nullable(),
  expires_in_s: z.number().nullable(),
  fence: z.number().nullable(),
  waiting: z.int().meta({ description: 'How many stand in line' }),
  line: z.array(Waiter).meta({ description: 'Who stands in line, the next one first' }),
  locks: z.array(ReservationView),
})
export type Lock = z.infer<typeof Lock>

export const LockGranted = ReservationView.extend({ token: LockToken })
