import type { Host } from '../../domain/cluster.ts'
import type { HostAddress } from '../../domain/discovery/visit.ts'

/** A host that no cluster.yaml names yet, in the form that the SSH layer takes. */
export const strangerAt = ({ address, port, user }: HostAddress): Host => ({
  ...{ name: address, address, port, user, vllmPort: 0, stateDir: '~', launcherDir: '~', hfCache: '~', container: null },
  ...{ extraDockerArgs: null, fabricAddress: null, ethIf: null, ibIf: null, modelRoots: ['~'] },
})
