import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { Actor } from '../domain/events.ts'
import { LockToken } from '../domain/lock.ts'
import { oneLine } from '../domain/names.ts'
import type { Caller } from './deps.ts'
import { fit } from './fit.ts'

const Word = oneLine(120)

/** The headers by which a caller says who asks. Read on every route, explained on those where they matter. */
export const callerHeaders = {
  'x-swap-lock-token': LockToken.optional().meta({ description: 'The token of the lock that you hold' }),
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, '1 to 200 visible ASCII characters')
    .optional()
    .meta({ description: 'Fixes the id of the swap: a repeat of the same request starts nothing twice' }),
  'x-spark-schedule': Word.optional().meta({ description: 'The schedule that this request belongs to' }),
  'x-spark-holder': Word.optional().meta({ description: 'Who asks, for others to read' }),
}

/** Who asks when nobody says so. */
export const nameless = 'api'

const CallerHeaders = z.object(callerHeaders)

/** Who asks, and from where. Throws `invalid_request` for a header that is none. */
export function callerOf(headers: IncomingHttpHeaders, address: string | null): Caller {
  const known = fit(CallerHeaders, headers, 'header')
  return {
    lockToken: known['x-swap-lock-token'] ?? null,
    idempotencyKey: known['idempotency-key'] ?? null,
    schedule: known['x-spark-schedule'] ?? null,
    name: known['x-spark-holder'] ?? known['x-spark-schedule'] ?? null,
    address,
  }
}

/** Who asks for or with a lock: whoever says a name, else its holder (the arbiter knows whose token it is). A schedule's id is no name. */
export const holderActor = ({ name, schedule, address }: Caller, holder = ''): Actor => ({
  name: name === null || name === schedule ? holder : name,
  address,
})

/** Who asks, as the audit trail keeps it. */
export const actorOf = ({ name, address }: Caller): Actor => ({ name: name ?? nameless, address })

/** Where a request came from. An IPv4 address that came in by a socket of both kinds is shown as people know it. */
export const addressOf = ({ ip }: { readonly ip: string }): string => ip.replace(/^::ffff:(?=\d+\.)/, '')
