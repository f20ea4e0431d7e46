import type { Cluster, Host } from '../../domain/cluster.ts'

export interface Target {
  readonly host: Host
  /** False for an address that cluster.yaml does not name: its key can be pinned, and nothing more is known of it. */
  readonly inCluster: boolean
}

/** Finds what a person means: a host's name in cluster.yaml, or `[user@]address[:port]`, in brackets for IPv6. Null when it is neither. */
export function targetOf(word: string, cluster: Cluster | null): Target | null {
  const named = cluster?.hosts.find((host) => host.name === word)
  if (named !== undefined) return { host: named, inCluster: true }
  const read = /^(?:([a-z_][a-z0-9_.-]*)@)?(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::(\d{1,5}))?$/i.exec(word)
  const address = read?.[2] ?? read?.[3]
  const port = Number(read?.[4] ?? 22)
  // one bare word is a misspelt name rather than an address
  if (address === undefined || port < 1 || port > 65_535 || !/[.:@\]]/.test(word)) return null
  const same = cluster?.hosts.find((host) => host.address === address && host.port === port)
  if (same !== undefined) return { host: same, inCluster: true }
  const host = {
    name: address,
    address,
    port,
    user: read?.[1] ?? 'spark',
    vllmPort: 0,
    stateDir: '',
    launcherDir: '',
    hfCache: '',
    container: null,
    extraDockerArgs: null,
    fabricAddress: null,
    ethIf: null,
    ibIf: null,
    modelRoots: ['~'],
  }
  return { host, inCluster: false }
}
