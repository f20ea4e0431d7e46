import { z } from 'zod'
import { Model } from './model.ts'
import { HostName } from './names.ts'

/**
 * What one or several hosts hold now, as the arbiter remembers it. `snapshot` is all that a later restore needs to launch it again;
 * null when it cannot be rebuilt: it was started by somebody else (`adopted`) in a way that we cannot repeat, or it has lost a host.
 */
export const Deployment = z.object({
  model: z.string().nullable(),
  hosts: z.array(HostName).min(1),
  swapId: z.string().nullable(),
  fence: z.number(),
  validatedAt: z.number().nullable(),
  adopted: z.boolean(),
  container: z.string().nullable(),
  snapshot: Model.nullable(),
  /** Why it cannot be put back after a swap; absent where it can, and where nobody looked. */
  whyNot: z.string().optional(),
})
export type Deployment = z.infer<typeof Deployment>
