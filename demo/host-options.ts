import type { Behaviour, Machine } from './machine.ts'
import { firstPid } from './machine.ts'
import type { EventLog } from './events.ts'
import { Fabric } from './fabric/fabric.ts'
import type { FabricHost } from './fabric/fabric.ts'
import type { Furnishing } from './furnish.ts'
import type { HostDisk } from './disk.ts'
import type { LauncherGeneration } from './launcher.ts'
import { Memory, sparkMemory } from './memory.ts'
import type { MemorySize } from './memory.ts'
import { Pace } from './pace.ts'
import type { StoredModel } from './seed.ts'
import type { Shell } from './shell.ts'

export interface DemoHostOptions {
  readonly name: string
  /** Everything of the host lives here; made if missing. */
  readonly dir: string
  /** Lines for authorized_keys. */
  readonly authorizedKeys: readonly string[]
  readonly user?: string
  /** 0: any free port. Another one that is taken is replaced by a free one. */
  readonly sshPort?: number
  readonly vllmPort?: number
  /** How many times faster than a real Spark all but loading is: 0.05 for tests. */
  readonly timeScale?: number
  readonly load_s?: Behaviour['load_s']
  readonly completion_s?: number
  readonly slowWarm_s?: number
  readonly stopHang?: Partial<Behaviour['stopHang']>
  readonly memory?: Partial<MemorySize>
  /** Weights on its disk: names are complete ones. Default: the demo catalog's, and none on an empty host. */
  readonly models?: readonly (string | StoredModel)[]
  /** `name[:tag][#build]` each: another build of the same name has another id. */
  readonly images?: readonly string[]
  /** The fast link to other Sparks; without one it is alone. */
  readonly fabric?: Fabric
  /** Which spark-vllm-docker it has. Default: that of autumn 2026, and none on an empty host. */
  readonly launcher?: LauncherGeneration
  /** Does the launcher's `.env` name the Sparks of the fabric? Default: yes. */
  readonly clusterEnv?: boolean
  readonly furnished?: Furnishing
  readonly download?: Partial<Behaviour['download']>
  /** Whose words the start-up log of its engines has. */
  readonly wording?: Behaviour['wording']
}

/** What the parts of a host share, as the options want it. `self` is plugged in by whoever made it. */
export function machineOf(
  options: DemoHostOptions,
  { disk, shell, events, self }: { disk: HostDisk; shell: Shell; events: EventLog; self: FabricHost },
  fabric: Fabric,
): Machine & { behaviour: Behaviour } {
  const pace = paceOf(options)
  let pid = firstPid
  return {
    name: options.name,
    pace,
    events,
    disk,
    memory: new Memory(disk, pace, { ...sparkMemory, ...options.memory }),
    shell,
    behaviour: {
      load_s: options.load_s ?? { min: 5, max: 20 },
      completion_s: options.completion_s ?? 0.4,
      slowWarm_s: options.slowWarm_s ?? 8,
      agony_s: 4,
      gather_s: 600,
      wording: options.wording ?? '2026',
      wedged: false,
      gpuTrouble: null,
      download: { bytes: 3_000_000, takes_s: 6, stallsAt: null, ...options.download },
      stopHang: { killWorks: true, endsAfter_s: null, ...options.stopHang },
    },
    boundPorts: new Map(),
    engines: new Set(),
    services: new Map(),
    orphans: new Map(),
    clock: { off_ms: 0 },
    fabric,
    self,
    nextPid: () => (pid += 1),
  }
}

export function paceOf(options: DemoHostOptions): Pace {
  return new Pace(options.timeScale ?? 1)
}
