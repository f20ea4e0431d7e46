import { z } from 'zod'
import { HostName, ModelKey, rfc3339, Rfc3339, type Millis } from './names.ts'
import { PhaseName, PlanReport, Swap } from './swap.ts'

/** Answer of `POST /api/swap` when a swap was accepted (202). */
export const SwapAccepted = Swap.extend({
  position: z.int().nullable().meta({ description: 'Place in the queue, from 1; null when it runs at once' }),
  joined: z.boolean().meta({ description: 'The same model was asked for on the same hosts already: this is that swap, and none of its own' }),
  expected_start_at: Rfc3339.nullable().meta({ description: 'When its turn should come; null when nobody can say, or when it runs' }),
  expected_start_in_s: z.number().nullable(),
})
export type SwapAccepted = z.infer<typeof SwapAccepted>

/** Where an accepted swap stands, as the gate told it. */
export interface Standing {
  readonly position: number | null
  readonly joined: boolean
  readonly expectedStartAt: Millis | null
}

/** The answer for an accepted swap. `now` is the arbiter's clock, as `expectedStartAt` is. */
export const acceptedView = (swap: Swap, { position, joined, expectedStartAt }: Standing, now: Millis): SwapAccepted => ({
  ...swap,
  position,
  joined,
  expected_start_at: expectedStartAt === null ? null : rfc3339(expectedStartAt),
  expected_start_in_s: expectedStartAt === null ? null : Math.max(0, Math.ceil((expectedStartAt - now) / 1000)),
})

/** Answer of `POST /api/swap` when nothing had to be done (200). */
export const AlreadyServing = z.object({
  already_serving: z.literal(true),
  model: ModelKey.nullable(),
  hosts: z.array(HostName),
  swap_id: z.string().nullable(),
  fence: z.number(),
  validated_at: Rfc3339.nullable(),
})
export type AlreadyServing = z.infer<typeof AlreadyServing>

/** What became of a request to swap. */
export type SwapAnswer =
  | { readonly kind: 'accepted'; readonly swap: SwapAccepted }
  | { readonly kind: 'already_serving'; readonly serving: AlreadyServing }
  | { readonly kind: 'planned'; readonly report: PlanReport }

/** How far the running phase is, from the heartbeat of its activity. */
export const SwapProgress = z.object({
  phase: PhaseName.nullable(),
  percent: z.number().min(0).max(100).nullable(),
  stage: z.string().nullable(),
  last_lines: z.array(z.string()),
  /** Bytes of the swap's log file. */
  log_offset: z.int().min(0),
})
export type SwapProgress = z.infer<typeof SwapProgress>

/** One page of swaps, newest first. `next` is the `before` of the following page. */
export const SwapPage = z.object({ swaps: z.array(Swap), next: z.string().nullable() })
export type SwapPage = z.infer<typeof SwapPage>
