import { setTimeout as pause } from 'node:timers/promises'
import type { ConfigSource } from '../../config/load.ts'
import { ownPlaces } from '../../config/places.ts'
import { saveEntries } from '../../config/setup-files.ts'
import { setupState } from '../../config/setup-state.ts'
import { afterSaving } from '../../domain/discovery/after-saving.ts'
import { propose } from '../../domain/discovery/propose.ts'
import type { HostDiscovery } from '../../domain/discovery/discovery.ts'
import { chosenOf, hostsToPrepare } from '../../domain/discovery/choice.ts'
import type { DiscoveryView, SetupProposal } from '../../domain/discovery/view.ts'
import { Problem } from '../../domain/problem.ts'
import type { SetupControl } from '../deps.ts'
import { note } from './audit-note.ts'
import type { ClusterLink } from './cluster-link.ts'

const lookEvery_ms = 300

/** Machines become hosts: looks, proposals, and the files that are made of them. */
export function createDiscovery(links: () => ClusterLink, config: ConfigSource): SetupControl {
  const { places } = config
  const own = ownPlaces(places)

  async function foundBy(ids: readonly string[]): Promise<HostDiscovery[]> {
    const views = await Promise.all([...new Set(ids)].map((id) => links().discoveries.read(id)))
    return views.map(({ found, address, state }) => {
      if (found === null) throw new Problem('discovery_not_done', `The look at ${address} stands at ${state}`)
      return found
    })
  }
  const proposalFor = async (ids: readonly string[]): Promise<{ proposal: SetupProposal; found: readonly HostDiscovery[] }> => {
    const found = await foundBy(ids)
    const { existing, stamp } = setupState(places)
    const { entries, remarks } = propose(found, existing)
    const known = new Set(found.flatMap((host) => [host.address, host.fabric.address]))
    const names = new Set(found.map((host) => host.hostname))
    const peers = found
      .flatMap((host) => host.peers)
      .filter((peer) => !known.has(peer.address) && !known.has(peer.fabric_address) && !(peer.hostname !== null && names.has(peer.hostname)))
    const place = { demo: places.demo && places.own !== undefined, leavesDemo: own.leavesDemo, hadCluster: existing.cluster !== null }
    return {
      found,
      proposal: {
        ...{ discoveries: [...ids], entries, remarks, based_on: stamp, config_dir: own.configDir, then: afterSaving(place) },
        peers: peers.map(({ address, user, hostname, because }) => ({ address, user, hostname, because })),
      },
    }
  }

  return {
    async discover(body): Promise<DiscoveryView> {
      const { discoveries } = links()
      return await discoveries.read(await discoveries.start(body))
    },

    async read(id, waitS = 0, gone) {
      const until = performance.now() + waitS * 1000
      for (;;) {
        const view = await links().discoveries.read(id)
        if (view.state !== 'running' || performance.now() >= until || gone?.aborted === true) return view
        await pause(lookEvery_ms)
      }
    },

    propose: async (ids) => (await proposalFor(ids)).proposal,

    async save({ discoveries: ids, entries, based_on: stamp, cluster_id: name }, actor) {
      const { proposal, found } = await proposalFor(ids)
      const chosen = chosenOf(proposal.entries, entries, name)
      const hosts = await links().discoveries.prepare(hostsToPrepare(chosen, found))
      const written = await saveEntries(places, chosen, stamp)
      config.reread()
      void note(links().arbiter, { type: 'settings_changed', by: actor, before: {}, after: { set_up: chosen.map(({ id }) => id) } })
      return { written: written.map((one) => ({ ...one, replaced: [...one.replaced] })), hosts, then: proposal.then }
    },
  }
}
