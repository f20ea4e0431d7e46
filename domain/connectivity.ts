import { z } from 'zod'
import { Cause, type Cause as CauseOf } from './errors.ts'
import { HostName, Rfc3339 } from './names.ts'

const hopNames = ['dns', 'tcp', 'ssh', 'docker', 'port'] as const
const HopName = z.enum(hopNames)
type HopName = z.infer<typeof HopName>

const Hop = z.object({
  hop: HopName,
  state: z.enum(['ok', 'broken', 'skipped', 'empty']).meta({ description: 'skipped: an earlier hop broke; empty: no model is there to answer' }),
  detail: z.string(),
  cause: Cause.nullable(),
})
type Hop = z.infer<typeof Hop>

/** The way to one host, hop by hop. */
const HostWay = z.object({
  host: HostName,
  address: z.string(),
  ok: z.boolean(),
  broke: HopName.nullable().meta({ description: 'The first hop that broke' }),
  hops: z.array(Hop),
})

export const ConnectivityReport = z.object({ ok: z.boolean(), tried_at: Rfc3339, hosts: z.array(HostWay) })
export type ConnectivityReport = z.infer<typeof ConnectivityReport>

export interface Tried {
  readonly ok: boolean
  readonly detail: string
  readonly cause?: CauseOf
}

/** How each hop came out; null for one that could not be tried. */
export interface TriedHops {
  readonly host: HostName
  readonly address: string
  readonly hops: Readonly<Record<HopName, Tried | null>>
  /** Whether the arbiter knows of a model whose port this is. */
  readonly serves: boolean
}

/** Says of each hop how it is, and which broke first. Nothing on the model port breaks nothing where no model is. */
export function wayOf({ host, address, hops, serves }: TriedHops): ConnectivityReport['hosts'][number] {
  const told = hopNames.map((hop) => hopOf(hop, hops[hop], serves))
  const broke = told.find(({ state }) => state === 'broken')?.hop ?? null
  return { host, address, ok: broke === null, broke, hops: told }
}

function hopOf(hop: HopName, tried: Tried | null, serves: boolean): Hop {
  if (tried === null) return { hop, state: 'skipped', detail: 'not tried: an earlier hop broke', cause: null }
  const { ok, detail, cause = null } = tried
  return { hop, state: ok ? 'ok' : hop === 'port' && !serves ? 'empty' : 'broken', detail, cause }
}
