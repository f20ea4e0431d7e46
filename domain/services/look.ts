import { z } from 'zod'
import { Rfc3339 } from '../names.ts'

export const ServiceState = z.enum(['up', 'up_needs_key', 'starting', 'down', 'unknown'])

/** What the monitor holds of a service. It travels as the heartbeat of its activity and is never written to history. */
export const ServiceLook = z.object({
  name: z.string(),
  state: ServiceState,
  since: Rfc3339,
  detail: z.string().nullable(),
  looked_at: Rfc3339,
  /** The first model that it lists, by the name that clients ask for. */
  serves: z.string().nullable(),
})
export type ServiceLook = z.infer<typeof ServiceLook>
