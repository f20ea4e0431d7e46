import { z } from 'zod'
import { Problem } from '../problem.ts'
import type { HostDiscovery } from './discovery.ts'
import type { ProposedEntry } from './proposal.ts'
import type { PrepareHost } from './visit.ts'

/** The entries that were ticked, by their ids. A name for the cluster takes the place of the proposed one. Throws `invalid_request` naming what was not proposed. */
export function chosenOf(entries: readonly ProposedEntry[], ids: readonly string[], clusterId: string | undefined): ProposedEntry[] {
  const unknown = ids.filter((id) => !entries.some((entry) => entry.id === id))
  if (unknown.length > 0)
    throw new Problem('invalid_request', `Not proposed: ${unknown.slice(0, 5).join(', ')}`, {
      errors: [{ field: 'entries', message: `no such entry: ${unknown[0] ?? ''}` }],
    })
  // without its name a new cluster can't begin, so that nobody has to tick it
  const wanted = entries.filter(({ id }) => ids.includes(id) || id === 'cluster_id')
  return wanted.map((entry) => (entry.id === 'cluster_id' && clusterId !== undefined && clusterId !== '' ? { ...entry, value: clusterId } : entry))
}

const HostValue = z.object({
  name: z.string(),
  address: z.string(),
  port: z.number().default(22),
  user: z.string(),
  state_dir: z.string().default('/var/lib/spark-control'),
})

/** The chosen hosts, as the maker of their state directories needs them. */
export const hostsToPrepare = (chosen: readonly ProposedEntry[], found: readonly HostDiscovery[]): PrepareHost[] =>
  chosen.flatMap(({ id, value }) => {
    const host = id.startsWith('host:') ? HostValue.safeParse(value) : null
    return host?.success === true && found.some(({ address }) => address === host.data.address) ? [host.data] : []
  })
