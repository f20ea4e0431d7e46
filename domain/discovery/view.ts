import { z } from 'zod'
import { Rfc3339 } from '../names.ts'
import { HostDiscovery } from './discovery.ts'
import { ProposedEntry, SetupFile } from './proposal.ts'
import { HostKeyShown, LoginFix, Prepared, VisitStep } from './visit.ts'

export const DiscoveryId = z.string().regex(/^[a-z0-9-]{8,64}$/, 'the id of a discovery')

/** A look at a machine that is no host yet, and how far it is. */
export const DiscoveryView = z.object({
  discovery_id: DiscoveryId,
  address: z.string(),
  port: z.number(),
  user: z.string(),
  state: z
    .enum(['running', 'unreachable', 'confirm_host_key', 'login_refused', 'found', 'failed'])
    .meta({ description: '`confirm_host_key`: nothing was done on it yet; ask again with `fingerprint`' }),
  step: VisitStep.nullable(),
  message: z.string().nullable(),
  advice: z.string().nullable(),
  host_key: HostKeyShown.nullable(),
  login: LoginFix.nullable(),
  found: HostDiscovery.nullable(),
  started_at: Rfc3339,
  ended_at: Rfc3339.nullable(),
})
export type DiscoveryView = z.infer<typeof DiscoveryView>

/** What a person may tick and save, out of one or several discoveries. */
export const SetupProposal = z.object({
  discoveries: z.array(DiscoveryId),
  entries: z.array(ProposedEntry),
  remarks: z.array(z.string()),
  /** Other Sparks that were found from these. */
  peers: z.array(z.object({ address: z.string(), user: z.string().nullable(), hostname: z.string().nullable(), because: z.string() })),
  /** The state of the files that this is proposed for: to be sent back. */
  based_on: z.string(),
  config_dir: z.string(),
  /** What happens once it is saved. */
  then: z.string(),
})
export type SetupProposal = z.infer<typeof SetupProposal>

/** Body of `POST /api/hosts/setup/save`. */
export const SaveSetupBody = z.strictObject({
  discoveries: z.array(DiscoveryId).min(1).max(8),
  /** Ids of the entries to write. */
  entries: z.array(z.string().min(1).max(200)).min(1).max(1000),
  based_on: z.string().max(64),
  /** The name of a new cluster, where it is not to be the proposed one. */
  cluster_id: z.string().max(40).optional(),
})
export type SaveSetupBody = z.infer<typeof SaveSetupBody>

export const SetupSaved = z.object({
  written: z.array(z.object({ file: SetupFile, path: z.string(), replaced: z.array(z.string()) })),
  hosts: z.array(Prepared),
  then: z.string(),
})
export type SetupSaved = z.infer<typeof SetupSaved>
