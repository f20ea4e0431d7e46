import { z } from 'zod'
import { HostName, ModelKey, Rfc3339 } from './names.ts'
import { PhaseName, PlanReport, Swap } from './swap.ts'

/** Answer of `POST /api/swap` when a swap was accepted (202). `position` counts from 1 in the queue; null when it runs at once. */
export const SwapAccepted = Swap.extend({ position: z.int().nullable() })
export type SwapAccepted = z.infer<typeof SwapAccepted>

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
