import { z } from 'zod'

export const setupFiles = ['cluster.yaml', 'models-overrides.yaml', 'services-overrides.yaml'] as const
export const SetupFile = z.enum(setupFiles)
export type SetupFile = z.infer<typeof SetupFile>

/** A YAML value of a file, with where each of its fields came from. */
export const ProposedEntry = z.object({
  /** `host:spark-1`, `model:qwen3-8b`, `service:qdrant`, `cluster_id`: what is ticked. */
  id: z.string(),
  file: SetupFile,
  title: z.string(),
  /** As it is written. */
  value: z.unknown(),
  /** Where all of it came from. */
  because: z.string(),
  /** Where single fields came from, by their name. */
  sources: z.record(z.string(), z.string()),
  /** Proposed to be taken over. */
  ticked: z.boolean(),
  /** `new`: nothing of this name is there; `exists`: taking it over changes what is there. */
  state: z.enum(['new', 'exists']),
  note: z.string().nullable(),
})
export type ProposedEntry = z.infer<typeof ProposedEntry>

/** What a person may tick and save. */
export const Proposal = z.object({
  entries: z.array(ProposedEntry),
  remarks: z.array(z.string()),
})
export type Proposal = z.infer<typeof Proposal>
