import { z } from 'zod'
import { HostName } from '../names.ts'
import { Standing } from './standing.ts'

/** What the guardian holds, as the monitor's heartbeat carries it from one watch to the next. */
export const GuardHeld = z.object({
  standings: z.array(Standing),
  /** Engines that have open requests and make no tokens. */
  stuck: z.array(z.object({ host: HostName, tokens: z.number(), since: z.number() })),
  /** Keys of adopted deployments that were told of. */
  adopted: z.array(z.string()),
})
export type GuardHeld = z.infer<typeof GuardHeld>

export const nothingHeld: GuardHeld = { standings: [], stuck: [], adopted: [] }
