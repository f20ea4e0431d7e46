import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { cancellationSignal, heartbeat } from '@temporalio/activity'
import type { Host } from '../../domain/cluster.ts'
import { wayOf, type ConnectivityReport, type Tried, type TriedHops } from '../../domain/connectivity.ts'
import { causeOf } from '../../domain/errors.ts'
import { rfc3339, type ClusterId } from '../../domain/names.ts'
import { HostError } from '../hosts.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { withHeartbeats } from '../heartbeats.ts'
import { viewOf } from '../managed/gate.ts'
import { tryPort } from './client.ts'

const dnsLimitMs = 5_000
const sshLimitMs = 15_000

export const createConnectivityActivities = (deps: DepsWithArbiter) => ({
  /** Tries the way to every host, hop by hop, all hosts at once. Changes nothing. Trouble is an answer. */
  tryHosts: ({ clusterId }: { clusterId: ClusterId }): Promise<ConnectivityReport> =>
    withHeartbeats(
      () => heartbeat(),
      async () => {
        const tried_at = rfc3339(Date.now())
        const { cluster } = deps.config.read()
        // Without the arbiter's word an empty model port is not held against a host.
        const heads: readonly (string | undefined)[] = await viewOf(deps, clusterId).then(
          ({ deployments }) => deployments.map(({ hosts }) => hosts[0]),
          () => [],
        )
        const tried = await Promise.all((cluster?.hosts ?? []).map((host) => tryHost(deps, host)))
        const hosts = tried.map((one) => wayOf({ ...one, serves: heads.includes(one.host) }))
        return { ok: hosts.every(({ ok }) => ok), tried_at, hosts }
      },
    ),
})

async function tryHost(deps: DepsWithArbiter, host: Host): Promise<Omit<TriedHops, 'serves'>> {
  const signal = cancellationSignal()
  const dns = await tryName(host.address)
  const [tcp, port] = dns.ok
    ? await Promise.all([tryDoor(host.address, host.port, signal), tryDoor(host.address, host.vllmPort, signal)])
    : [null, null]
  const { ssh, docker } = tcp?.ok === true ? await trySsh(deps, host, signal) : { ssh: null, docker: null }
  return { host: host.name, address: host.address, hops: { dns, tcp, ssh, docker, port } }
}

async function tryName(address: string): Promise<Tried> {
  if (isIP(address) !== 0) return { ok: true, detail: `${address} is an address` }
  try {
    const late = new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error('no answer in time')), dnsLimitMs).unref()
    })
    const found = await Promise.race([lookup(address), late])
    return { ok: true, detail: `${address} is ${found.address}` }
  } catch (error) {
    return { ok: false, detail: `${address} cannot be looked up: ${error instanceof Error ? error.message : String(error)}` }
  }
}

async function tryDoor(address: string, port: number, signal: AbortSignal): Promise<Tried> {
  const answer = await tryPort(address, port, signal)
  return answer.kind === 'silent'
    ? { ok: false, detail: `port ${String(port)}: ${answer.words}` }
    : { ok: true, detail: `port ${String(port)} is open` }
}

/** One login for both: what the host says of itself tells whether its Docker answers. */
async function trySsh({ hosts }: DepsWithArbiter, host: Host, signal: AbortSignal): Promise<{ ssh: Tried; docker: Tried | null }> {
  try {
    const { docker } = await hosts.facts(host.name, AbortSignal.any([signal, AbortSignal.timeout(sshLimitMs)]))
    const ssh = { ok: true, detail: `logged in as ${host.user}` }
    if (docker.ok) return { ssh, docker: { ok: true, detail: 'it answers' } }
    return { ssh, docker: { ok: false, detail: docker.detail, cause: causeOf('docker_missing', docker.detail) } }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return { ssh: { ok: false, detail: error.message, cause: causeOf(error.code, error.message) }, docker: null }
  }
}
