import type { SetupControl } from '../../api/deps.ts'
import { propose } from '../../domain/discovery/propose.ts'
import type { HostDiscovery } from '../../domain/discovery/discovery.ts'
import type { DiscoveryView } from '../../domain/discovery/view.ts'
import type { DiscoverBody } from '../../domain/discovery/visit.ts'
import { Problem } from '../../domain/problem.ts'
import { discovered } from '../domain/discovery/sample.ts'
import { now } from '../views/fixtures.ts'
import type { Ask, FixtureState } from './fixture-control.ts'

/** Machines by their addresses: each does something else when it is looked at. Any other is a Spark that shows its host key first. */
export const machines = { lockedOut: '192.168.1.98', gone: '192.168.1.99', changed: '192.168.1.96' } as const

export const fingerprint = 'SHA256:3vZ9Jq0XwqkZr0n4m1tq8bE5uYcT7oLh2sVfDgKpRxM'
const firstSpark = '192.168.1.11'

/** Looks that have ended when they are asked for again, proposals as they are really made of what was found, and files that are only noted. */
export function setup(_state: FixtureState, ask: Ask): SetupControl {
  const begun = new Map<string, DiscoverBody>()

  const askedFor = (id: string): DiscoverBody => {
    const body = begun.get(id)
    if (body === undefined) throw new Problem('unknown_discovery')
    return body
  }
  const running = (id: string, { address, port, user }: DiscoverBody): DiscoveryView => ({
    ...{ discovery_id: id, address, port, user, state: 'running', step: 'look', message: null, advice: null },
    ...{ host_key: null, login: null, found: null, started_at: now, ended_at: null },
  })
  return {
    discover(body) {
      ask('discover', { body })
      const id = `look-${String(begun.size + 1).padStart(4, '0')}`
      begun.set(id, body)
      return Promise.resolve(running(id, body))
    },
    read(id) {
      const body = askedFor(id)
      return Promise.resolve({ ...running(id, body), step: null, ended_at: now, ...endOf(body) })
    },
    propose(ids) {
      const found = ids.map((id) => sparkAt(askedFor(id)))
      const { entries, remarks } = propose(found, { cluster: null, models: [], overridden: [], services: [] })
      const peers = found.flatMap((one) => one.peers).filter((peer) => !found.some(({ address }) => address === peer.address))
      return Promise.resolve({
        ...{ discoveries: [...ids], entries, remarks, based_on: 'state-1', config_dir: '/home/anna/.config/spark-control' },
        peers: peers.map(({ address, user, hostname, because }) => ({ address, user, hostname, because })),
        then: 'The worker and the API take it up by themselves within seconds.',
      })
    },
    save(body, actor) {
      ask('save_setup', { body, by: actor.name })
      return Promise.resolve({
        written: [
          { file: 'cluster.yaml', path: '/home/anna/.config/spark-control/cluster.yaml', replaced: [] },
          { file: 'models-overrides.yaml', path: '/home/anna/.config/spark-control/models-overrides.yaml', replaced: ['gemma-4-27b'] },
        ],
        hosts: [{ name: 'spark-4f2a', ready: true, message: 'the fence has its place in ~/.spark-control' }],
        then: 'The worker and the API take it up by themselves within seconds.',
      })
    },
  }
}

const qwen = { repo: 'Qwen/Qwen3-8B', bytes: 16_400_000_000, state: 'complete', architecture: 'Qwen3ForCausalLM' } as const

/** The second Spark is there where the first one knows it, and runs nothing. */
const sparkAt = ({ address, user, port }: DiscoverBody): HostDiscovery => ({
  ...discovered(),
  ...{ address, user, port },
  caches: [{ dir: '/home/spark/.cache/huggingface', models: [qwen] }],
  ...(address === firstSpark ? {} : { hostname: 'spark-91bc', engines: [], services: [], peers: [], remarks: [] }),
})

function endOf(body: DiscoverBody): Partial<DiscoveryView> {
  const at = body.address
  if (at === machines.gone)
    return {
      ...{ state: 'unreachable', message: `${at} port ${String(body.port)} shows no SSH host key: connect EHOSTUNREACH` },
      advice: 'Is it on, and is this its address? Try: ssh there by hand. Its sshd may listen on another port.',
    }
  if (body.fingerprint === undefined)
    return {
      state: 'confirm_host_key',
      message:
        at === machines.changed
          ? 'ANOTHER KEY IS PINNED. If the host was not set up anew, someone may be in between. Nothing was done there.'
          : 'Compare the fingerprint at the host itself, then confirm it. Nothing was done there yet.',
      host_key: {
        ...{ type: 'ssh-ed25519', fingerprint, pinned: at === machines.changed ? [fingerprint.replace('3vZ9', 'Q0aB')] : [] },
        compare_with: 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
      },
    }
  if (at === machines.lockedOut)
    return {
      ...{ state: 'login_refused', message: `${body.user}@${at} does not accept our key.` },
      login: {
        file: `~${body.user}/.ssh/authorized_keys on ${at}`,
        line: `ssh-ed25519 ${'AAAAC3NzaC1lZDI1NTE5AAAAI'.padEnd(68, 'Zm9yLXRlc3Rz')} spark-control`,
        command: `ssh-copy-id -f -i /var/lib/spark-control/keys/id_ed25519.pub -p ${String(body.port)} ${body.user}@${at}`,
      },
    }
  return { state: 'found', found: sparkAt(body) }
}
