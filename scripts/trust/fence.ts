import { HostError, type Hosts } from '../../activities/hosts.ts'
import type { Host } from '../../domain/cluster.ts'
import type { StoredFence } from '../../domain/fence.ts'
import type { Terminal } from './terminal.ts'

/**
 * Proves that the fence can be written, by writing what it says already. With `takeover` a fence of another cluster becomes ours with its numbers kept.
 * True when the host takes our commands from now on. Throws HostError when it can't be written.
 */
export async function proveFence(hosts: Hosts, host: Host, clusterId: string, takeover: boolean, terminal: Terminal): Promise<boolean> {
  const stored = await storedFence(hosts, host)
  if (stored === 'unreadable' || (stored !== null && stored.cluster_id !== clusterId)) {
    terminal.say(
      stored === 'unreadable'
        ? `The fence file in ${host.stateDir} can't be understood.`
        : `This host belongs to the cluster ${stored.cluster_id} (fence ${stored.fence}).`,
    )
    if (!takeover) {
      terminal.say(`It refuses all commands of ${clusterId}. If it is yours now: npm run trust -- ${host.name} --takeover`)
      return false
    }
    await hosts.takeOver(host.name)
    terminal.say(`It belongs to ${clusterId} now${stored === 'unreadable' ? ', its fence starts anew' : ', its fence kept its number'}.`)
    return true
  }
  const { fence, step, attempt } = stored ?? { fence: 0, step: 0, attempt: 0 }
  await hosts.raiseFence(host.name, { clusterId, fence, step, attempt })
  terminal.say(`The fence in ${host.stateDir} can be written (fence ${fence}).`)
  return true
}

async function storedFence(hosts: Hosts, host: Host): Promise<StoredFence | null | 'unreadable'> {
  try {
    return (await hosts.marker(host.name)).fence
  } catch (error) {
    if (error instanceof HostError && error.code === 'fence_unwritable') return 'unreadable'
    throw error
  }
}
