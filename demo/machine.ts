import type { HostDisk } from './disk.ts'
import type { EventLog } from './events.ts'
import type { Fabric, FabricHost } from './fabric/fabric.ts'
import type { DownloadBehaviour } from './hub/hub-tool.ts'
import type { Memory } from './memory.ts'
import type { Pace } from './pace.ts'
import type { Shell } from './shell.ts'
import type { WordingName } from './vllm/wording.ts'

/** How engines and containers of a host behave. Seconds are real ones unless said otherwise. */
export interface Behaviour {
  /** How long a model loads: a number, or a range of which each model has its own fixed place. */
  readonly load_s: number | { readonly min: number; readonly max: number }
  /** How long a completion takes when its prompt does not say `slow:<seconds>`. */
  readonly completion_s: number
  /** How long the first completion of a `slow-warm` model takes. */
  readonly slowWarm_s: number
  /** How long the API server answers 503 after its core died, before it ends. */
  readonly agony_s: number
  /** Whose words the start-up log has, where a model's name does not say. */
  readonly wording: WordingName
  /** The engine takes requests and does nothing: tokens stand still, the GPU idles. */
  readonly wedged: boolean
  readonly download: DownloadBehaviour
  /** `nvidia-smi` says nothing for so many real seconds, or the driver does not answer it. */
  readonly gpuTrouble: null | { readonly hangs_s: number } | 'no_driver'
  /** How long the ranks of a model on several hosts wait for each other, in seconds of a real Spark. */
  readonly gather_s: number
  /** A `stop-hangs` model: may `docker kill` and `docker rm --force` end it, and does it end by itself this long after a stop? */
  readonly stopHang: { readonly killWorks: boolean; readonly endsAfter_s: number | null }
}

/** An engine, as the rest of the host sees it. */
interface RunningEngine {
  readonly pid: number
  readonly model: string
  /** It computes right now. */
  readonly isAtWork: boolean
  readonly isLoading: boolean
  /** Where it is bound, on the host; null where it is not. */
  readonly port: number | null
  processes(): { pid: number; command: string }[]
}

/** What the parts of one simulated host share. */
export interface Machine {
  readonly name: string
  readonly pace: Pace
  readonly events: EventLog
  readonly disk: HostDisk
  readonly memory: Memory
  readonly shell: Shell
  readonly behaviour: Behaviour
  /** Ports that an engine has bound, also while it does not listen yet: port → pid. */
  readonly boundPorts: Map<number, number>
  /** Engines that still hold the GPU. */
  readonly engines: Set<RunningEngine>
  /** What runs beside the models: port → the name of its process. */
  readonly services: Map<number, string>
  /** Processes on the GPU that belong to no container: pid → environment. */
  readonly orphans: Map<number, Readonly<Record<string, string>>>
  nextPid(): number
  /** How far the host's clock is ahead of this machine's. */
  readonly clock: { off_ms: number }
  readonly fabric: Fabric
  /** This host, as the others of its fabric see it. */
  readonly self: FabricHost
}

/** Process ids of simulated processes begin above every real one (Linux: 4,194,304 at most), so that a `kill` of one never hits the machine's own. */
export const firstPid = 5_000_000
