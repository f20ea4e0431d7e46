import { z } from 'zod'
import { HostName, Rfc3339 } from '../names.ts'

/** One real question and its answer. */
export const DeepCheck = z.object({
  name: z.string(),
  what: z.enum(['model', 'service']),
  kind: z.string(),
  host: HostName.nullable(),
  asked: z.enum(['completion', 'embedding', 'probe']).meta({ description: 'probe: its kind has no real question' }),
  ok: z.boolean().nullable().meta({ description: 'null: it was not asked' }),
  took_s: z.number(),
  detail: z.string(),
})
export type DeepCheck = z.infer<typeof DeepCheck>

export const DeepReport = z.object({
  ok: z.boolean().meta({ description: 'Everything that was asked gave a real answer' }),
  asked_at: Rfc3339,
  checks: z.array(DeepCheck),
})
export type DeepReport = z.infer<typeof DeepReport>
